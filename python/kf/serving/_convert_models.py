# SPDX-License-Identifier: Apache-2.0
"""The models of a file of numbers: what makes scores of a row, and what is answered with them.

A converter takes the fitted estimator and the block of arrays, and gives both descriptions.
"""

from kf.serving import _convert_trees as trees
from kf.serving._convert_steps import kind_of

_LEAST_SQUARES = """LinearRegression Ridge RidgeCV Lasso LassoCV ElasticNet ElasticNetCV Lars LarsCV
    LassoLars LassoLarsCV LassoLarsIC OrthogonalMatchingPursuit OrthogonalMatchingPursuitCV
    BayesianRidge ARDRegression HuberRegressor TheilSenRegressor QuantileRegressor SGDRegressor
    LinearSVR MultiTaskLasso MultiTaskLassoCV MultiTaskElasticNet MultiTaskElasticNetCV
    PassiveAggressiveRegressor""".split()
_GENERALIZED = "PoissonRegressor GammaRegressor TweedieRegressor".split()
_CLASSIFIERS = """LogisticRegression LogisticRegressionCV SGDClassifier LinearSVC Perceptron
    RidgeClassifier RidgeClassifierCV PassiveAggressiveClassifier LinearDiscriminantAnalysis""".split()


def final(model, block, width, steps):
    """(model, answer) of the last estimator of a pipeline, which may add to the steps."""
    kind = kind_of(model)
    convert = _KNOWN.get(kind)
    if convert is None:
        raise TypeError(f"{type(model).__name__} cannot be converted: models that can be are "
                        f"{', '.join(_KNOWN)}")
    if not hasattr(model, "n_features_in_"):
        raise TypeError(f"{kind} is not fitted: convert it after fit")
    if steps and _keeps_mean(steps[-1]) and convert in (_regressor, _generalized, _classifier):
        description, answer = convert(model, block)
        description["mean"] = block.doubles([0.0] * width)
        return description, answer
    if convert is trees.histogram_boosting:
        return convert(model, block, steps)
    return convert(model, block)


def _keeps_mean(step):
    """Whether the training rows have mean 0 after it: StandardScaler."""
    return step.get("kind") == "scale" and "subtract" in step and step.get("centered", False)


def linear(model, block):
    """Scores that are weighted sums."""
    import numpy

    coefficients = model.coef_
    if hasattr(coefficients, "toarray"):
        coefficients = coefficients.toarray()
    coefficients = numpy.atleast_2d(coefficients)
    intercepts = numpy.broadcast_to(numpy.ravel(model.intercept_), len(coefficients))
    return {"kind": "linear", "outputs": len(coefficients),
            "coefficients": block.doubles(coefficients), "intercepts": block.doubles(intercepts)}


def _regressor(model, block):
    import numpy

    matrix = numpy.ndim(model.coef_) == 2
    return linear(model, block), trees.numbers(matrix)


def _generalized(model, block):
    link = type(model._base_loss.link).__name__
    if link not in ("LogLink", "IdentityLink"):
        raise TypeError(f"{type(model).__name__} with {link} cannot be converted")
    answer = trees.numbers(False)
    answer["link"] = "exp" if link == "LogLink" else "identity"
    return linear(model, block), answer


def _classifier(model, block):
    binarizer = getattr(model, "_label_binarizer", None)
    if binarizer is not None and binarizer.y_type_.startswith("multilabel"):
        raise TypeError(f"{type(model).__name__} of several labels a row cannot be converted")
    description = linear(model, block)
    rule = "above" if description["outputs"] == 1 else "largest"
    return description, trees.classes(model.classes_, rule, _probabilities(model))


def _probabilities(model):
    """How a linear classifier makes probabilities of its scores."""
    kind, binary = kind_of(model), len(model.classes_) <= 2
    if kind in ("LogisticRegression", "LogisticRegressionCV"):
        # Up to version 1.7 scikit-learn could be told one way or the other.
        told = getattr(model, "multi_class", None)
        if told in (None, "auto", "deprecated"):
            one_versus_rest = binary or (told is not None and
                                         model.solver in ("liblinear", "newton-cholesky"))
        else:
            one_versus_rest = told in ("ovr", "warn")
        if one_versus_rest:
            return "sigmoid" if binary else "sigmoids"
        return "softmax-pair" if binary else "softmax"
    if kind == "LinearDiscriminantAnalysis":
        return "sigmoid" if binary else "softmax"
    if kind == "SGDClassifier" and model.loss == "log_loss":
        return "sigmoid" if binary else "sigmoids"
    if kind == "SGDClassifier" and model.loss == "modified_huber":
        return "modified-huber"
    return "none"


def _several(model, block):
    """MultiOutputRegressor: linear models or boosted trees side by side."""
    import numpy

    kinds = {kind_of(one) for one in model.estimators_}
    kind = kinds.pop() if len(kinds) == 1 else None
    if kind in _LEAST_SQUARES:
        coefficients = numpy.vstack([numpy.ravel(one.coef_) for one in model.estimators_])
        intercepts = [float(numpy.ravel(one.intercept_)[0]) for one in model.estimators_]
        return {"kind": "linear", "outputs": len(coefficients),
                "coefficients": block.doubles(coefficients),
                "intercepts": block.doubles(intercepts)}, trees.numbers(True)
    if kind in trees.REGRESSORS:
        return trees.side_by_side(model.estimators_, block)
    raise TypeError("MultiOutputRegressor can be converted if its estimators are one of "
                    f"{', '.join((*_LEAST_SQUARES, *trees.REGRESSORS))}")


_KNOWN = {
    **dict.fromkeys(_LEAST_SQUARES, _regressor),
    **dict.fromkeys(_GENERALIZED, _generalized),
    **dict.fromkeys(_CLASSIFIERS, _classifier),
    "MultiOutputRegressor": _several,
    "DecisionTreeRegressor": trees.forest_regressor,
    "ExtraTreeRegressor": trees.forest_regressor,
    "RandomForestRegressor": trees.forest_regressor,
    "ExtraTreesRegressor": trees.forest_regressor,
    "DecisionTreeClassifier": trees.forest_classifier,
    "ExtraTreeClassifier": trees.forest_classifier,
    "RandomForestClassifier": trees.forest_classifier,
    "ExtraTreesClassifier": trees.forest_classifier,
    "GradientBoostingRegressor": trees.boosting,
    "GradientBoostingClassifier": trees.boosting,
    "HistGradientBoostingRegressor": trees.histogram_boosting,
    "HistGradientBoostingClassifier": trees.histogram_boosting,
    "IsolationForest": trees.isolation_forest,
}
