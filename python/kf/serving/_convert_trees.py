# SPDX-License-Identifier: Apache-2.0
"""Trees, forests and gradient boosting as models of a file of numbers."""

from kf.serving import _convert_steps as steps_of

REGRESSORS = ("DecisionTreeRegressor", "ExtraTreeRegressor", "RandomForestRegressor",
              "ExtraTreesRegressor", "GradientBoostingRegressor")


def numbers(matrix):
    """The answer of a regressor."""
    return {"kind": "numbers", "link": "identity", "matrix": bool(matrix)}


def classes(labels, decide, probabilities):
    """The answer of a classifier."""
    import numpy

    labels = numpy.asarray(labels)
    if labels.dtype.kind == "O":
        labels = numpy.array(labels.tolist())
    kinds = {"i": "int", "u": "int", "f": "float", "b": "bool", "U": "string"}
    kind = kinds.get(labels.dtype.kind)
    if kind is None:
        raise TypeError(f"labels of type {labels.dtype} cannot be converted: expected integers, "
                        "texts, booleans or floats")
    return {"kind": "classes", "type": kind, "classes": labels.tolist(), "decide": decide,
            "probabilities": probabilities}


class Forest:
    """Trees, gathered, and written as the arrays of a model."""

    def __init__(self, outputs, width=1, input="f32"):
        self.outputs, self.width, self.input = outputs, width, input
        self._nodes = {name: [] for name in
                       ("left", "right", "feature", "threshold", "missing_left", "cover", "set")}
        self._values, self._sizes, self._groups = [], [], []
        self._sets = []

    def add(self, group, values, **nodes):
        """A tree: arrays of its nodes, and the values of its leaves in the order of the nodes."""
        import numpy

        count = len(nodes["left"])
        nodes.setdefault("set", numpy.full(count, -1))
        for name, array in nodes.items():
            self._nodes[name].append(array)
        self._values.append(numpy.reshape(values, (-1, self.width)))
        self._sizes.append(count)
        self._groups.append(group)

    def add_sets(self, bitsets):
        """Sets of categories, rows of 32-bit words; returns the number of the first."""
        first = len(self._sets)
        self._sets.extend(bitsets)
        return first

    def add_sklearn(self, tree, group, values, features=None):
        """A tree of sklearn.tree; `values` has a row for each of its nodes."""
        import numpy

        leaf = tree.children_left < 0
        feature = numpy.where(leaf, 0, tree.feature)
        if features is not None:
            feature = numpy.asarray(features)[feature]
        missing = getattr(tree, "missing_go_to_left", numpy.zeros(len(leaf)))
        self.add(group, numpy.reshape(values, (len(leaf), -1))[leaf],
                 left=numpy.where(leaf, -1, tree.children_left),
                 right=numpy.where(leaf, -1, tree.children_right),
                 feature=feature, threshold=numpy.where(leaf, 0, tree.threshold),
                 missing_left=numpy.where(leaf, 0, missing),
                 cover=tree.weighted_n_node_samples)

    def write(self, block, bases=None, divisor=None, takes="missing"):
        import numpy

        def joined(kind, arrays):
            return block.add(kind, numpy.concatenate(arrays) if arrays else [])

        made = {
            "kind": "forest", "input": self.input, "outputs": self.outputs, "width": self.width,
            "takes": takes,
            "tree_nodes": block.add("u32", self._sizes),
            "left": joined("i32", self._nodes["left"]),
            "right": joined("i32", self._nodes["right"]),
            "feature": joined("u32", self._nodes["feature"]),
            "threshold": joined("f64", self._nodes["threshold"]),
            "missing_left": joined("u8", self._nodes["missing_left"]),
            "cover": joined("f64", self._nodes["cover"]),
            "values": joined("f64", [values.ravel() for values in self._values]),
        }
        if self.width == 1 and self.outputs > 1:
            made["tree_outputs"] = block.add("u32", self._groups)
        if self._sets:
            made["set"] = joined("i32", self._nodes["set"])
            made["set_words"] = joined("u32", self._sets)
            made["set_size"] = len(self._sets[0])
        if bases is not None:
            made["bases"] = block.doubles(bases)
        if divisor is not None:
            made["divisor"] = int(divisor)
        return made


def _takes(model):
    """"missing" if the trees were trained to have a way for missing values, else "finite"."""
    import numpy

    one = _trees(model)[0]
    knows = getattr(one, "_support_missing_values", lambda rows: False)
    return "missing" if knows(numpy.zeros((1, 1))) else "finite"


def _trees(model):
    return list(model.estimators_) if hasattr(model, "estimators_") else [model]


def forest_regressor(model, block):
    outputs = model.n_outputs_
    members = _trees(model)
    forest = Forest(outputs, outputs)
    for one in members:
        forest.add_sklearn(one.tree_, 0, one.tree_.value)
    divisor = len(members) if hasattr(model, "estimators_") else None
    return forest.write(block, divisor=divisor, takes=_takes(model)), numbers(outputs > 1)


def forest_classifier(model, block):
    import numpy

    if model.n_outputs_ != 1:
        raise TypeError(f"{type(model).__name__} of several outputs cannot be converted")
    members = _trees(model)
    count = len(model.classes_)
    forest = Forest(count, count)
    for one in members:
        values = one.tree_.value[:, 0, :count]
        if _counts(one.tree_):
            sums = values.sum(axis=1, keepdims=True)
            values = values / numpy.where(sums == 0, 1, sums)
        forest.add_sklearn(one.tree_, 0, values)
    divisor = len(members) if hasattr(model, "estimators_") else None
    return (forest.write(block, divisor=divisor, takes=_takes(model)),
            classes(model.classes_, "largest", "scores"))


def _counts(tree):
    """Whether its values are weights of training rows, as they were until scikit-learn 1.3."""
    import sklearn

    version = tuple(int(number) for number in sklearn.__version__.split(".")[:2])
    return version < (1, 3)


# ---- gradient boosting ----

def boosting(model, block):
    bases, start = _start(model, block)
    forest = Forest(model.estimators_.shape[1])
    _add_stages(forest, model)
    made = forest.write(block, bases=bases, takes="finite")
    if start is not None:
        made["start"] = start
    if not hasattr(model, "classes_"):
        return made, numbers(False)
    if made["outputs"] > 1:
        return made, classes(model.classes_, "largest", "softmax")
    probabilities = "sigmoid-twice" if model.loss == "exponential" else "sigmoid"
    return made, classes(model.classes_, "at-least", probabilities)


def _add_stages(forest, model, first=0):
    for stage in model.estimators_:
        for group, one in enumerate(stage):
            forest.add_sklearn(one.tree_, first + group,
                               model.learning_rate * one.tree_.value[:, 0, 0])


def _start(model, block):
    """What the trees are added to: numbers, or a linear model."""
    import numpy
    from kf.serving import _convert_models as models

    init, kind = model.init_, steps_of.kind_of(model.init_)
    if isinstance(init, str) or (kind in ("DummyClassifier", "DummyRegressor") and
                                 init.strategy not in ("stratified", "uniform")):
        rows = numpy.zeros((1, model.n_features_in_), dtype=numpy.float32)
        return model._raw_predict_init(rows)[0], None
    if not hasattr(model, "classes_") and kind in models._LEAST_SQUARES:
        return None, models.linear(init, block)
    raise TypeError(f"{type(model).__name__} whose init is {type(init).__name__} cannot be converted: "
                    "expected 'zero', a DummyClassifier, or of a regressor a linear model")


def histogram_boosting(model, block, steps):
    import numpy

    if getattr(model, "_preprocessor", None) is not None:
        encoder = model._preprocessor.named_transformers_["encoder"]
        steps += steps_of.categories_first(encoder, model.is_categorical_, block)
    elif getattr(model, "is_categorical_", None) is not None:
        raise TypeError(f"{type(model).__name__} with categories can be converted if it was trained by "
                        "scikit-learn 1.4 or later")
    forest = Forest(model.n_trees_per_iteration_, input="f64")
    for stage in model._predictors:
        for group, one in enumerate(stage):
            _add_histogram_tree(forest, one, group)
    made = forest.write(block, bases=numpy.ravel(model._baseline_prediction), takes="any")
    if not hasattr(model, "classes_"):
        answer = numbers(False)
        if type(model._loss.link).__name__ == "LogLink":
            answer["link"] = "exp"
        return made, answer
    if made["outputs"] > 1:
        return made, classes(model.classes_, "largest", "softmax")
    return made, classes(model.classes_, "above", "sigmoid")


def _add_histogram_tree(forest, predictor, group):
    import numpy

    nodes = predictor.nodes
    leaf = nodes["is_leaf"].astype(bool)
    sets = numpy.full(len(nodes), -1)
    if len(predictor.raw_left_cat_bitsets) > 0:
        first = forest.add_sets(predictor.raw_left_cat_bitsets)
        sets = numpy.where(nodes["is_categorical"] & ~leaf, first + nodes["bitset_idx"].astype(int), -1)
    forest.add(group, nodes["value"][leaf],
               left=numpy.where(leaf, -1, nodes["left"].astype(int)),
               right=numpy.where(leaf, -1, nodes["right"].astype(int)),
               feature=numpy.where(leaf, 0, nodes["feature_idx"]),
               threshold=numpy.where(leaf | (sets >= 0), 0, nodes["num_threshold"]),
               missing_left=nodes["missing_go_to_left"], cover=nodes["count"].astype(float), set=sets)


# ---- others ----

def isolation_forest(model, block):
    from sklearn.ensemble._iforest import _average_path_length

    forest = Forest(1)
    for one, features, lengths, averages in zip(
            model.estimators_, model.estimators_features_, model._decision_path_lengths,
            model._average_path_length_per_tree):
        forest.add_sklearn(one.tree_, 0, lengths + averages - 1.0, features)
    denominator = len(model.estimators_) * _average_path_length([model._max_samples])[0]
    if denominator == 0:
        raise TypeError("IsolationForest of single training rows cannot be converted")
    answer = classes([-1, 1], "at-least", "none")
    answer.update(link="isolation", denominator=float(denominator), offset=float(model.offset_))
    tags = getattr(model, "__sklearn_tags__", None)
    takes = "any" if tags is not None and tags().input_tags.allow_nan else "finite"
    return forest.write(block, takes=takes), answer


def side_by_side(models, block):
    """Regressors of one kind, each for an output of its own."""
    forest, bases, divisor = Forest(len(models)), None, None
    for group, model in enumerate(models):
        if steps_of.kind_of(model) == "GradientBoostingRegressor":
            start, other = _start(model, block)
            if other is not None:
                raise TypeError("MultiOutputRegressor of boosting with an init cannot be converted")
            bases = [*(bases or []), float(start[0])]
            _add_stages(forest, model, group)
            continue
        members = _trees(model)
        for one in members:
            forest.add_sklearn(one.tree_, group, one.tree_.value)
        if hasattr(model, "estimators_"):
            divisor = len(members)
    takes = "finite" if bases is not None else _takes(models[0])
    return forest.write(block, bases, divisor, takes), numbers(True)
