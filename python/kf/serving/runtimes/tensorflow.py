# SPDX-License-Identifier: Apache-2.0
"""A SavedModel of TensorFlow, by its signature serving_default, as TensorFlow Serving has it: V1 with
"instances" (rows) or "inputs" (columns), and V2 with the names of the signature."""

import os
import uuid

from kf.serving._base import Model
from kf.serving._errors import InferenceError, InvalidInput, ModelMissingError
from kf.serving._types import InferOutput, InferRequest, InferResponse, from_np_dtype
from kf.serving.runtimes import needs


def _find(path):
    """The folder of the SavedModel; of versions in folders 1, 2, … the greatest."""
    if path and os.path.exists(os.path.join(path, "saved_model.pb")):
        return path
    versions = [each for each in os.listdir(path) if each.isdigit()] if path else []
    for version in sorted(versions, key=int, reverse=True):
        if os.path.exists(os.path.join(path, version, "saved_model.pb")):
            return os.path.join(path, version)
    raise ModelMissingError(f"no saved_model.pb in {path}, nor in a folder of a version below it")


class Runtime(Model):
    def __init__(self, name, path):
        super().__init__(name)
        self._path = path
        self._tensorflow = self._loaded = self._call = None

    def load(self):
        folder = _find(self._path)
        self._tensorflow = needs("tensorflow")
        self._loaded = self._tensorflow.saved_model.load(folder)
        signatures = self._loaded.signatures
        if "serving_default" not in signatures:
            raise ValueError(
                f"the model in {folder} has no signature serving_default, but {[*signatures]}"
            )
        self._call = signatures["serving_default"]
        self.ready = True
        return self.ready

    @property
    def _inputs(self):
        return self._call.structured_input_signature[1]

    def _describe(self, specs):
        return [
            {
                "name": name,
                "datatype": from_np_dtype(spec.dtype.as_numpy_dtype),
                "shape": [-1 if size is None else size for size in spec.shape],
            }
            for name, spec in specs.items()
        ]

    def get_input_types(self):
        return self._describe(self._inputs)

    def get_output_types(self):
        return self._describe(self._call.structured_outputs)

    def _columns(self, payload):
        """The data of V1 by the name of the input."""
        names = [*self._inputs]
        if "inputs" in payload:
            given = payload["inputs"]
            return given if isinstance(given, dict) else {self._only(names): given}
        rows = payload.get("instances")
        if not isinstance(rows, list):
            raise InvalidInput('Expected key "instances" or "inputs" in request body')
        if rows and isinstance(rows[0], dict):
            return {name: [row[name] for row in rows] for name in rows[0]}
        return {self._only(names): rows}

    def _only(self, names):
        if len(names) != 1:
            raise InvalidInput(f"the model has several inputs, and they are to be named: {names}")
        return names[0]

    def _tensors(self, columns):
        for name, data in columns.items():
            if name not in self._inputs:
                raise InvalidInput(
                    f"the model has no input '{name}'; it has {', '.join(self._inputs)}"
                )
            yield name, self._tensorflow.constant(data, dtype=self._inputs[name].dtype)

    def predict(self, payload, headers=None):
        is_v2 = isinstance(payload, InferRequest)
        if is_v2:
            columns = {each.name: each.as_numpy() for each in payload.inputs}
        else:
            columns = self._columns(payload)
        try:
            results = self._call(**dict(self._tensors(columns)))
        except InvalidInput:
            raise
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInput(str(error)) from error
        except Exception as error:
            raise InferenceError(str(error)) from error
        arrays = {name: tensor.numpy() for name, tensor in results.items()}
        return self._answer_v2(payload, arrays) if is_v2 else _answer_v1(payload, arrays)

    def _answer_v2(self, payload, arrays):
        outputs = []
        for name, array in arrays.items():
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


def _plain(array):
    items = array.tolist()
    return items.decode(errors="replace") if isinstance(items, bytes) else _texts(items)


def _texts(items):
    if isinstance(items, list):
        return [_texts(item) for item in items]
    return items.decode(errors="replace") if isinstance(items, bytes) else items


def _answer_v1(payload, arrays):
    plain = {name: _plain(array) for name, array in arrays.items()}
    if "inputs" in payload:
        return {"outputs": plain if len(plain) > 1 else next(iter(plain.values()))}
    if len(plain) == 1:
        return {"predictions": next(iter(plain.values()))}
    return {"predictions": [dict(zip(plain, row)) for row in zip(*plain.values())]}
