# SPDX-License-Identifier: Apache-2.0
"""From a request of V1 or V2 to what models of Python libraries take, and back."""

import uuid

from kf.serving._errors import InvalidInput
from kf.serving._types import InferOutput, InferRequest, InferResponse, from_np_dtype


def generate_uuid():
    """An id for an answer that has none."""
    return str(uuid.uuid4())


def strtobool(text):
    """Whether a word stands for yes ("true", "on", "1", ...) or no; else a ValueError."""
    if text.lower() in ("y", "yes", "t", "true", "on", "1"):
        return True
    if text.lower() in ("n", "no", "f", "false", "off", "0"):
        return False
    raise ValueError(f"{text!r} is neither true nor false")


def _frame(rows, columns):
    import pandas

    return pandas.concat([pandas.DataFrame(row, columns=columns) for row in rows], axis=0)


def _is_table(rows):
    first = rows[0]
    return isinstance(first, dict) or (
        isinstance(first, list) and len(first) > 0 and isinstance(first[0], dict)
    )


def get_predict_input(payload, columns=None):
    """An array, a frame of pandas (rows are objects, or the content type is "pd"), or a list of
    texts."""
    import numpy

    if isinstance(payload, dict):
        if "inputs" not in payload and "instances" not in payload:
            raise InvalidInput('Expected key "instances" or "inputs" in request body')
        rows = payload["inputs"] if "inputs" in payload else payload["instances"]
        if not isinstance(rows, list):
            raise InvalidInput('Expected "inputs" or "instances" to be a list')
        if len(rows) == 0:
            return numpy.array(rows)
        if _is_table(rows):
            return _frame(rows, columns)
        return rows if isinstance(rows[0], str) else numpy.array(rows)
    if not isinstance(payload, InferRequest):
        raise InvalidInput(f"unsupported payload type {type(payload)}")
    if (payload.parameters or {}).get("content_type") == "pd":
        return payload.as_dataframe()
    if not payload.inputs:
        raise InvalidInput("the request has no inputs")
    tensor = payload.inputs[0]
    if tensor.datatype == "BYTES" and tensor.data and isinstance(tensor.data[0], str):
        return tensor.data
    return tensor.as_numpy()


def _output(name, array, binary):
    tensor = InferOutput(name, list(array.shape), from_np_dtype(array.dtype) or "BYTES")
    tensor.set_data_from_numpy(array, binary_data=binary)
    return tensor


def _outputs(result, binary):
    import numpy

    if hasattr(result, "columns"):
        return [_output(name, result[name].to_numpy(), binary) for name in result.columns]
    if isinstance(result, list) and result and isinstance(result[0], str):
        return [_output("output-0", numpy.array(result, dtype=object), binary)]
    return [_output("output-0", numpy.asarray(result), binary)]


def _rows(result):
    if hasattr(result, "iterrows"):
        return [row.to_dict() for _, row in result.iterrows()]
    return result.tolist() if hasattr(result, "tolist") else result


def get_predict_response(payload, result, model_name):
    """The answer in the protocol of the request: {"predictions"}, or an InferResponse."""
    if isinstance(payload, dict):
        return {"predictions": _rows(result)}
    if not isinstance(payload, InferRequest):
        raise InvalidInput(f"unsupported payload type {type(payload)}")
    return InferResponse(
        model_name=model_name,
        infer_outputs=_outputs(result, payload.use_binary_outputs),
        response_id=payload.id or generate_uuid(),
        use_binary_outputs=payload.use_binary_outputs,
        requested_outputs=payload.request_outputs,
    )
