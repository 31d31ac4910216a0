# SPDX-License-Identifier: Apache-2.0
"""Models of ONNX, by onnxruntime: V2 with the names of the model's tensors, V1 for models of one
input."""

import uuid

from kf.serving._base import Model
from kf.serving._errors import InferenceError, InvalidInput
from kf.serving._payload import get_predict_input
from kf.serving._types import (
    InferOutput,
    InferRequest,
    InferResponse,
    from_np_dtype,
    to_np_dtype,
)
from kf.serving.runtimes import needs, one_file

_TYPES = {
    "tensor(bool)": "BOOL",
    "tensor(uint8)": "UINT8",
    "tensor(uint16)": "UINT16",
    "tensor(uint32)": "UINT32",
    "tensor(uint64)": "UINT64",
    "tensor(int8)": "INT8",
    "tensor(int16)": "INT16",
    "tensor(int32)": "INT32",
    "tensor(int64)": "INT64",
    "tensor(float16)": "FP16",
    "tensor(float)": "FP32",
    "tensor(double)": "FP64",
    "tensor(string)": "BYTES",
}


def _describe(tensors):
    return [
        {
            "name": each.name,
            "datatype": _TYPES.get(each.type, each.type),
            "shape": [size if isinstance(size, int) else -1 for size in each.shape],
        }
        for each in tensors
    ]


class Runtime(Model):
    def __init__(self, name, path):
        super().__init__(name)
        self._path = path
        self._session = None

    def load(self):
        file = one_file(self._path, (".onnx",))
        self._session = needs("onnxruntime").InferenceSession(
            file, providers=["CPUExecutionProvider"]
        )
        self.ready = True
        return self.ready

    def get_input_types(self):
        return _describe(self._session.get_inputs())

    def get_output_types(self):
        return _describe(self._session.get_outputs())

    def _feed(self, payload):
        inputs = self.get_input_types()
        if isinstance(payload, InferRequest):
            known = {each["name"]: each for each in inputs}
            for tensor in payload.inputs:
                if tensor.name not in known:
                    raise InvalidInput(
                        f"the model has no input '{tensor.name}'; it has {', '.join(known)}"
                    )
            return {tensor.name: tensor.as_numpy() for tensor in payload.inputs}
        if len(inputs) != 1:
            raise InvalidInput("the model has more than one input: ask it by V2")
        rows = get_predict_input(payload)
        dtype = to_np_dtype(inputs[0]["datatype"])
        return {inputs[0]["name"]: rows.astype(dtype) if hasattr(rows, "astype") else rows}

    def predict(self, payload, headers=None):
        feed = self._feed(payload)
        is_v2 = isinstance(payload, InferRequest)
        # Maps and sequences are no tensors, which V2 alone has.
        outputs = [each for each in self._session.get_outputs() if not is_v2 or each.type in _TYPES]
        names = [each.name for each in outputs]
        try:
            results = self._session.run(names, feed)
        except Exception as error:
            raise InferenceError(str(error)) from error
        if is_v2:
            return self._answer(payload, names, results)
        plain = [each.tolist() if hasattr(each, "tolist") else each for each in results]
        return {"predictions": plain[0] if len(plain) == 1 else dict(zip(names, plain))}

    def _answer(self, payload, names, results):
        outputs = []
        for name, array in zip(names, results):
            tensor = InferOutput(name, [*array.shape], from_np_dtype(array.dtype))
            tensor.set_data_from_numpy(array, binary_data=payload.use_binary_outputs)
            outputs.append(tensor)
        return InferResponse(
            payload.id or str(uuid.uuid4()),
            self.name,
            outputs,
            use_binary_outputs=payload.use_binary_outputs,
            requested_outputs=payload.request_outputs,
        )
