# SPDX-License-Identifier: Apache-2.0
"""What comes before the model, as steps of a file of numbers: each makes a row of a row.

A converter takes the fitted transformer, how wide the row is that it gets, and the block of arrays; it
gives the width of what it makes, and the steps.
"""


def kind_of(model):
    """The name of scikit-learn's own class that the model is of; for all others None."""
    cls = type(model)
    return cls.__name__ if cls.__module__.split(".")[0] == "sklearn" else None


def is_passthrough(step):
    return step is None or (isinstance(step, str) and step == "passthrough")


def feature_count(parts):
    """How many numbers a row has."""
    for part in parts:
        count = getattr(part, "n_features_in_", None)
        if count is not None:
            return int(count)
    raise TypeError(f"{type(parts[0]).__name__} is not fitted: convert it after fit")


def chain(transformers, width, block):
    """(width, steps) of one transformer after the other."""
    steps = []
    for transformer in transformers:
        width, more = step(transformer, width, block)
        steps += more
    return width, steps


def step(transformer, width, block):
    kind = kind_of(transformer)
    if hasattr(transformer, "get_support") and kind is not None:
        return _columns(transformer.get_support(indices=True), block)
    known = _KNOWN.get(kind)
    if known is None:
        raise TypeError(
            f"{type(transformer).__name__} cannot be converted: before the model there may be "
            f"{', '.join(sorted(_KNOWN))} and selectors of features")
    if kind not in ("Pipeline", "FunctionTransformer") and not hasattr(transformer, "n_features_in_") \
            and kind != "Normalizer":
        raise TypeError(f"{kind} is not fitted: convert it after fit")
    return known(transformer, width, block)


def _columns(indices, block):
    return len(indices), [{"kind": "columns", "columns": block.add("u32", indices)}]


# ---- scaling ----

def _standard(scaler, width, block):
    made = _shift_and_divide(scaler.mean_ if scaler.with_mean else None,
                             scaler.scale_ if scaler.with_std else None, block)
    made["centered"] = bool(scaler.with_mean)
    return width, [made]


def _robust(scaler, width, block):
    return width, [_shift_and_divide(scaler.center_ if scaler.with_centering else None,
                                     scaler.scale_ if scaler.with_scaling else None, block)]


def _max_abs(scaler, width, block):
    made = _shift_and_divide(None, scaler.scale_, block)
    if getattr(scaler, "clip", False):
        made.update(low=-1.0, high=1.0)
    return width, [made]


def _shift_and_divide(shift, scale, block):
    made = {"kind": "scale"}
    if shift is not None:
        made["subtract"] = block.doubles(shift)
    if scale is not None:
        made["divide"] = block.doubles(scale)
    return made


def _min_max(scaler, width, block):
    made = {"kind": "scale", "multiply": block.doubles(scaler.scale_),
            "add": block.doubles(scaler.min_)}
    if scaler.clip:
        made.update(low=float(scaler.feature_range[0]), high=float(scaler.feature_range[1]))
    return width, [made]


def _normalizer(scaler, width, block):
    return width, [{"kind": "normalize", "norm": scaler.norm}]


# ---- missing values and categories ----

def _imputer(imputer, width, block):
    import numpy

    statistics = _numbers(imputer.statistics_, "the statistics of SimpleImputer")
    kept = numpy.flatnonzero(~numpy.isnan(statistics))
    made = {"kind": "impute", "columns": block.add("u32", kept),
            "values": block.doubles(statistics[kept])}
    missing = _number(imputer.missing_values, "missing_values of SimpleImputer")
    if missing == missing:
        made["missing"] = missing
    flags = imputer.indicator_.features_ if imputer.add_indicator else []
    if len(flags) > 0:
        made["flags"] = block.add("u32", flags)
    return len(kept) + len(flags), [made]


def _number(value, what):
    if value is None:
        return float("nan")
    try:
        return float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{what} is {value!r}: rows are numbers") from None


def _numbers(values, what):
    import numpy

    try:
        return numpy.asarray(values).astype(float)
    except (TypeError, ValueError):
        raise TypeError(f"{what} are not numbers: rows are numbers") from None


def _ordinal(encoder, width, block):
    import numpy

    codes = []
    for categories, mapping in zip(encoder.categories_, _mappings(encoder)):
        own = mapping.astype(float)
        missing = _is_nan(categories)
        own[missing] = encoder.encoded_missing_value
        codes.append(own)
    unknown = encoder.handle_unknown != "error"
    made = _encode("ordinal", encoder, codes, block)
    if unknown:
        made["unknown"] = block.doubles(numpy.full(width, float(encoder.unknown_value)))
    return width, [made]


def _one_hot(encoder, width, block):
    import numpy

    drop = getattr(encoder, "_drop_idx_after_grouping", encoder.drop_idx_)
    codes, unknown, widths = [], [], []
    for column, mapping in enumerate(_mappings(encoder)):
        own, other = mapping.astype(float), -1.0
        infrequent = _infrequent(encoder, column)
        count = int(mapping.max()) + 1
        if infrequent and encoder.handle_unknown in ("infrequent_if_exist", "warn"):
            other = float(count - 1)
        dropped = None if drop is None else drop[column]
        if dropped is not None:
            own = numpy.where(own == dropped, -1, own - (own > dropped))
            other = -1.0 if other == dropped else other - (other > dropped)
            count -= 1
        codes.append(own)
        unknown.append(other)
        widths.append(count)
    made = _encode("one-hot", encoder, codes, block)
    made["widths"] = block.add("u32", widths)
    if encoder.handle_unknown != "error":
        made["unknown"] = block.doubles(unknown)
    return sum(widths), [made]


def _infrequent(encoder, column):
    mappings = getattr(encoder, "_default_to_infrequent_mappings", None)
    return getattr(encoder, "_infrequent_enabled", False) and mappings[column] is not None


def _mappings(encoder):
    """For each column the number that each of its categories gets."""
    import numpy

    for column, categories in enumerate(encoder.categories_):
        if _infrequent(encoder, column):
            yield numpy.asarray(encoder._default_to_infrequent_mappings[column])
        else:
            yield numpy.arange(len(categories))


def _encode(kind, encoder, codes, block):
    import numpy

    lengths = [len(own) for own in codes]
    categories = [_numbers(own, f"the categories of {type(encoder).__name__}")
                  for own in encoder.categories_]
    return {
        "kind": kind,
        "starts": block.add("u32", numpy.concatenate([[0], numpy.cumsum(lengths)])),
        "categories": block.doubles(numpy.concatenate(categories)),
        "codes": block.doubles(numpy.concatenate(codes)),
    }


def _is_nan(categories):
    return categories != categories


# ---- side by side ----

def _column_transformer(transformer, width, block):
    inputs = transformer._transformer_to_input_indices
    parts = []
    for name, part, _ in transformer.transformers_:
        columns = list(inputs.get(name, ()))
        if name == "remainder" and name not in inputs:
            columns = list(transformer._remainder[2])
        if len(columns) > 0 and not (isinstance(part, str) and part == "drop"):
            parts.append((part, columns))
    return _beside(parts, block)


def _feature_union(union, width, block):
    if union.transformer_weights:
        raise TypeError("FeatureUnion with transformer_weights cannot be converted")
    return _beside([(part, range(width)) for _, part in union.transformer_list
                    if not (isinstance(part, str) and part == "drop")], block)


def _beside(parts, block):
    written, total = [], 0
    for part, columns in parts:
        width, steps = len(columns), []
        if not is_passthrough(part):
            width, steps = step(part, width, block)
        written.append({"columns": block.add("u32", [int(column) for column in columns]),
                        "steps": steps})
        total += width
    return total, [{"kind": "beside", "parts": written}]


def categories_first(encoder, is_categorical, block):
    """What histogram gradient boosting does to a row: encoded categories, then all other numbers."""
    import numpy

    categorical, others = numpy.flatnonzero(is_categorical), numpy.flatnonzero(~is_categorical)
    _, steps = _ordinal(encoder, len(categorical), block)
    return [{"kind": "beside", "parts": [
        {"columns": block.add("u32", categorical), "steps": steps},
        {"columns": block.add("u32", others), "steps": []}]}]


def _pipeline(pipeline, width, block):
    return chain([part for _, part in pipeline.steps if not is_passthrough(part)], width, block)


def _function(transformer, width, block):
    if transformer.func is not None:
        raise TypeError("FunctionTransformer with a function cannot be converted: it is Python")
    return width, []


# ---- new columns ----

def _polynomial(transformer, width, block):
    import numpy

    factors = [numpy.repeat(numpy.arange(width), powers) for powers in transformer.powers_]
    starts = numpy.concatenate([[0], numpy.cumsum([len(own) for own in factors])])
    return len(factors), [{"kind": "products", "starts": block.add("u32", starts),
                           "columns": block.add("u32", numpy.concatenate(factors))}]


def _pca(transformer, width, block):
    import numpy

    components = transformer.components_
    made = {"kind": "project", "matrix": block.doubles(components),
            "subtract": block.doubles(transformer.mean_.reshape(1, -1) @ components.T)}
    if transformer.whiten:
        scale = numpy.sqrt(transformer.explained_variance_)
        made["divide"] = block.doubles(numpy.maximum(scale, numpy.finfo(scale.dtype).eps))
    return len(components), [made]


def _svd(transformer, width, block):
    return len(transformer.components_), [
        {"kind": "project", "matrix": block.doubles(transformer.components_)}]


_KNOWN = {
    "StandardScaler": _standard,
    "MinMaxScaler": _min_max,
    "MaxAbsScaler": _max_abs,
    "RobustScaler": _robust,
    "Normalizer": _normalizer,
    "SimpleImputer": _imputer,
    "OneHotEncoder": _one_hot,
    "OrdinalEncoder": _ordinal,
    "ColumnTransformer": _column_transformer,
    "FeatureUnion": _feature_union,
    "FunctionTransformer": _function,
    "Pipeline": _pipeline,
    "PolynomialFeatures": _polynomial,
    "PCA": _pca,
    "TruncatedSVD": _svd,
}
