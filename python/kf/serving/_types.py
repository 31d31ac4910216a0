# SPDX-License-Identifier: Apache-2.0
"""Requests and answers of V2, the Open Inference Protocol, with KServe's names.

numpy and pandas are imported when arrays or frames are asked for, not before.
"""

import json
import struct
import uuid

from kf.serving._errors import InferenceError, InvalidInput

_DTYPES = {
    "BOOL": "bool",
    "INT8": "int8",
    "INT16": "int16",
    "INT32": "int32",
    "INT64": "int64",
    "UINT8": "uint8",
    "UINT16": "uint16",
    "UINT32": "uint32",
    "UINT64": "uint64",
    "FP16": "float16",
    "FP32": "float32",
    "FP64": "float64",
    "BYTES": "object",
}
_DATATYPES = {dtype: datatype for datatype, dtype in _DTYPES.items()}


def to_np_dtype(datatype):
    """The numpy type of a datatype of V2; None if there is none."""
    import numpy

    name = _DTYPES.get(datatype)
    return None if name is None else numpy.dtype(name).type


def from_np_dtype(dtype):
    """The datatype of V2 for a numpy type; None if there is none."""
    import numpy

    dtype = numpy.dtype(dtype)
    return "BYTES" if dtype.kind in "OSUM" else _DATATYPES.get(dtype.name)


def serialize_byte_tensor(array):
    """The elements as V2 has them in binary, each behind its length, as an array of one object."""
    import numpy

    if array.size == 0:
        return numpy.empty([0], dtype=object)
    if array.dtype.kind not in "OS":
        raise InferenceError("cannot serialize bytes tensor: invalid datatype")
    return numpy.asarray(_pack(array), dtype=object)


def deserialize_bytes_tensor(encoded):
    """What serialize_byte_tensor made, as an array of bytes."""
    import numpy

    items, at = [], 0
    while at < len(encoded):
        if at + 4 > len(encoded):
            raise InvalidInput("a tensor of BYTES ends within the length of an element")
        (length,) = struct.unpack_from("<I", encoded, at)
        at += 4
        if at + length > len(encoded):
            raise InvalidInput("a tensor of BYTES ends within an element")
        items.append(bytes(encoded[at : at + length]))
        at += length
    array = numpy.empty(len(items), dtype=object)
    array[:] = items
    return array


def _pack(array):
    parts = []
    for item in array.ravel().tolist():
        item = item if isinstance(item, bytes) else str(item).encode()
        parts += struct.pack("<I", len(item)), item
    return b"".join(parts)


def _texts(array):
    for item in array.ravel().tolist():
        if not isinstance(item, bytes):
            yield str(item)
            continue
        try:
            yield item.decode()
        except UnicodeDecodeError:
            raise InferenceError(
                f'Failed to encode "{item}" using UTF-8. Please use binary_data=True, if'
                " you want to pass a byte array."
            ) from None


class _Tensor:
    """A tensor with its data as a list (or array), or as bytes."""

    def __init__(self, name, shape, datatype, data=None, parameters=None):
        self.name = name
        self.shape = shape
        self.datatype = datatype.upper()
        self.parameters = parameters
        self._data = data
        self._raw_data = None
        self._is_packed = False

    @property
    def data(self):
        """The data as a list (or the array that was given); None where it is bytes to be sent."""
        if self._is_packed:
            self.set_data_from_numpy(self.as_numpy(), binary_data=False)
        return self._data

    @data.setter
    def data(self, data):
        self._is_packed = False
        self._data = data

    def as_numpy(self):
        """The data as an array of the tensor's shape."""
        import numpy

        dtype = to_np_dtype(self.datatype)
        if dtype is None:
            raise InvalidInput(f"invalid datatype {self.datatype} in the input")
        try:
            if self._raw_data is None:
                array = numpy.array(self._data, dtype=dtype)
            elif self.datatype == "BYTES":
                array = deserialize_bytes_tensor(self._raw_data)
            else:
                array = numpy.frombuffer(self._raw_data, dtype=dtype)
            return array.reshape(self.shape)
        except (TypeError, OverflowError) as error:
            raise InvalidInput(f"tensor '{self.name}': {error}") from None
        except ValueError as error:
            raise InvalidInput(str(error)) from None

    def set_data_from_numpy(self, tensor, binary_data=True):
        """Take the data of an array, as bytes or as a flat list for JSON."""
        import numpy

        if not isinstance(tensor, numpy.ndarray):
            raise InferenceError("input_tensor must be a numpy array")
        datatype = from_np_dtype(tensor.dtype)
        if datatype != self.datatype:
            raise InferenceError(
                f"got unexpected datatype {datatype} from numpy array, expected {self.datatype}"
            )
        if tuple(self.shape) != tensor.shape:
            raise InferenceError(
                f"got unexpected numpy array shape [{str(tensor.shape)[1:-1]}], "
                f"expected [{str(self.shape)[1:-1]}]"
            )
        self._is_packed = False
        if binary_data:
            self.data = None
            self._raw_data = _pack(tensor) if datatype == "BYTES" else tensor.tobytes()
            self.parameters = {
                **(self.parameters or {}),
                "binary_data_size": len(self._raw_data),
            }
            return
        if self.parameters:
            self.parameters.pop("binary_data_size", None)
        self._raw_data = None
        self.data = [*_texts(tensor)] if datatype == "BYTES" else tensor.ravel().tolist()

    def to_dict(self):
        """Everything but binary data."""
        return {
            "name": self.name,
            "shape": self.shape,
            "datatype": self.datatype,
            "data": self.data,
            "parameters": self.parameters,
        }

    def __eq__(self, other):
        if type(other) is not type(self):
            return NotImplemented
        return self._content() == other._content()

    def _content(self):
        """What is compared: parameters that are not there and none are the same."""
        return {**self.to_dict(), "parameters": self.parameters or {}}, self._raw_data

    __hash__ = None

    def __repr__(self):
        return (
            f"{type(self).__name__}(name={self.name!r}, shape={self.shape}, "
            f"datatype={self.datatype!r}, data={self.data}, parameters={self.parameters})"
        )

    def _take_binary(self, body, at):
        """The bytes behind the JSON that the tensor's parameters speak of; returns where they
        end."""
        size = self.parameters["binary_data_size"]
        if type(size) is not int or size < 0 or at + size > len(body):
            raise InvalidInput(
                f"tensor '{self.name}' has {size} bytes behind the JSON, and there are"
                f" {len(body) - at}"
            )
        # What frombuffer makes of it can be changed, as an array of a list can.
        self._raw_data = bytearray(body[at : at + size])
        self._is_packed = True
        return at + size


class InferInput(_Tensor):
    """A tensor of a request."""

    def as_string(self):
        """The texts of a tensor of BYTES whose data is a list of lists of bytes."""
        if self.datatype != "BYTES":
            raise InvalidInput(f"invalid datatype {self.datatype} in the input")
        return [item.decode() for row in self.data for item in row]


class InferOutput(_Tensor):
    """A tensor of an answer."""


class RequestedOutput:
    """An output that a request asks for by name."""

    def __init__(self, name, parameters=None):
        self.name = name
        self.parameters = parameters

    @property
    def binary_data(self):
        """Whether its data is to be binary; None if that is not said."""
        return (self.parameters or {}).get("binary_data")

    def __eq__(self, other):
        if not isinstance(other, RequestedOutput):
            return NotImplemented
        return (self.name, self.parameters or {}) == (other.name, other.parameters or {})

    __hash__ = None

    def __repr__(self):
        return f"RequestedOutput(name={self.name}, parameters={self.parameters})"


class InferRequest:
    """A request of V2."""

    def __init__(
        self,
        model_name,
        infer_inputs,
        request_id=None,
        raw_inputs=None,
        from_grpc=False,
        parameters=None,
        request_outputs=None,
        model_version=None,
    ):
        self.id = request_id
        self.model_name = model_name
        self.inputs = infer_inputs
        self.parameters = parameters
        self.from_grpc = from_grpc
        self.request_outputs = request_outputs
        self.model_version = model_version
        self._use_raw_outputs = bool(raw_inputs)
        for tensor, raw in zip(self.inputs, raw_inputs or ()):
            tensor._raw_data = raw

    @property
    def use_binary_outputs(self):
        """Whether outputs are binary unless they say otherwise."""
        if self.from_grpc:
            return self._use_raw_outputs
        return (self.parameters or {}).get("binary_data_output", False)

    def _mark_grpc(self):
        """It came over gRPC: what libkf wrote into its parameters on the way is taken out."""
        self.from_grpc = True
        self._use_raw_outputs = any(tensor._raw_data is not None for tensor in self.inputs)
        self.parameters = _without(self.parameters, "binary_data_output")
        for tensor in self.inputs:
            tensor.parameters = _without(tensor.parameters, "binary_data_size")

    @classmethod
    def from_bytes(cls, req_bytes, json_length, model_name):
        """The request of a body whose first `json_length` bytes are JSON, and the rest tensors."""
        if not 0 <= json_length <= len(req_bytes):
            raise InvalidInput(
                f"the JSON is said to have {json_length} bytes, and the body has {len(req_bytes)}"
            )
        return _read_request(_parse(req_bytes[:json_length]), model_name, req_bytes, json_length)

    @classmethod
    def from_dict(cls, document, model_name):
        """The request of a body that is JSON alone."""
        return _read_request(document, model_name, b"", 0)

    def to_rest(self):
        """(document, None), or with binary tensors (bytes, length of their JSON)."""
        inputs, raw = [], []
        for tensor in self.inputs:
            if tensor.data is None and tensor._raw_data is None:
                raise _no_data("input", tensor, self.model_name)
            if _is_array(tensor.data):
                tensor.set_data_from_numpy(tensor.data, binary_data=False)
            if tensor.data and tensor._raw_data:
                raise InvalidInput(
                    f"Both 'data' and 'raw_data' fields are set for input '{tensor.name}'"
                    f" for model '{self.model_name}'"
                )
            if tensor.datatype == "FP16" and tensor.data:
                raise _no_fp16("Sending", "input", tensor)
            inputs.append(_tensor_document(tensor, bool(tensor._raw_data), raw))
        document = {
            "id": self.id or str(uuid.uuid4()),
            "model_name": self.model_name,
            "inputs": inputs,
        }
        if self.request_outputs:
            document["outputs"] = [
                {"name": each.name, "parameters": each.parameters}
                if each.parameters
                else {"name": each.name}
                for each in self.request_outputs
            ]
        if self.parameters:
            document["parameters"] = self.parameters
        return _join(document, raw)

    def as_dataframe(self):
        """A pandas frame with a column for each tensor."""
        import pandas

        columns = []
        for tensor in self.inputs:
            data = tensor.data
            if data is None:
                data = tensor.as_numpy().ravel().tolist()
            if tensor.datatype == "BYTES":
                data = [item.decode() if isinstance(item, bytes) else item for item in data]
            columns.append(pandas.DataFrame(data, columns=[tensor.name]))
        return pandas.concat(columns, axis=1)

    def get_input_by_name(self, name):
        """The tensor of this name, or None."""
        return next((tensor for tensor in self.inputs if tensor.name == name), None)

    def to_dict(self):
        """Everything but binary data."""
        return {
            "id": self.id,
            "model_name": self.model_name,
            "inputs": [tensor.to_dict() for tensor in self.inputs],
            "parameters": self.parameters,
            "from_grpc": self.from_grpc,
        }

    def __eq__(self, other):
        if not isinstance(other, InferRequest):
            return NotImplemented
        return self._content() == other._content()

    def _content(self):
        head = {**self.to_dict(), "inputs": self.inputs, "parameters": self.parameters or {}}
        return head, self.request_outputs or []

    __hash__ = None

    def __repr__(self):
        return (
            f"InferRequest(id={self.id!r}, model_name={self.model_name!r}, inputs={self.inputs}, "
            f"parameters={self.parameters})"
        )


def _without(parameters, name):
    return {key: value for key, value in (parameters or {}).items() if key != name} or None


class InferResponse:
    """An answer of V2."""

    def __init__(
        self,
        response_id,
        model_name,
        infer_outputs,
        model_version=None,
        raw_outputs=None,
        from_grpc=False,
        parameters=None,
        use_binary_outputs=False,
        requested_outputs=None,
    ):
        self.id = response_id
        self.model_name = model_name
        self.model_version = model_version
        self.outputs = infer_outputs
        self.parameters = parameters
        self.from_grpc = from_grpc
        self._requested_outputs = requested_outputs
        self._use_binary_outputs = use_binary_outputs
        for tensor, raw in zip(self.outputs, raw_outputs or ()):
            tensor._raw_data = raw

    @classmethod
    def from_rest(cls, response):
        """The answer of a document."""
        return _read_response(response, b"", 0)

    @classmethod
    def from_bytes(cls, res_bytes, json_length):
        """The answer of a body whose first `json_length` bytes are JSON, and the rest tensors."""
        return _read_response(_parse(res_bytes[:json_length]), res_bytes, json_length)

    def to_rest(self):
        """(document, None), or with binary tensors (bytes, length of their JSON)."""
        outputs, raw = [], []
        for tensor, binary in self._chosen():
            if tensor.data is None and tensor._raw_data is None:
                raise _no_data("output", tensor, self.model_name)
            if _is_array(tensor.data):
                tensor.set_data_from_numpy(tensor.data, binary_data=binary)
            elif tensor.data or tensor._raw_data:
                _normalise(tensor, binary)
            if tensor.datatype == "FP16" and tensor.data:
                raise _no_fp16("Sending", "output", tensor)
            outputs.append(_tensor_document(tensor, binary, raw))
        document = {
            "id": self.id,
            "model_name": self.model_name,
            "model_version": self.model_version,
            "outputs": outputs,
        }
        if self.parameters:
            document["parameters"] = self.parameters
        return _join(document, raw)

    def _to_grpc(self):
        """to_rest() for a request over gRPC, where arrays go as they are."""
        self._use_binary_outputs |= any(
            tensor._raw_data is not None or _is_array(tensor.data) or tensor.datatype == "FP16"
            for tensor in self.outputs
        )
        for requested in self._requested_outputs or ():
            requested.parameters = {"binary_data": self._use_binary_outputs}
        return self.to_rest()

    def _chosen(self):
        if not self._requested_outputs:
            for tensor in self.outputs:
                yield tensor, self._use_binary_outputs
            return
        for requested in self._requested_outputs:
            tensor = self.get_output_by_name(requested.name)
            if tensor is None:
                raise InvalidInput(
                    f"Unexpected inference output '{requested.name}' for model '{self.model_name}'"
                )
            yield tensor, bool(requested.binary_data)

    def get_output_by_name(self, name):
        """The tensor of this name, or None."""
        return next((tensor for tensor in self.outputs if tensor.name == name), None)

    def to_dict(self):
        """Everything but binary data."""
        return {
            "id": self.id,
            "model_name": self.model_name,
            "model_version": self.model_version,
            "outputs": [tensor.to_dict() for tensor in self.outputs],
            "parameters": self.parameters,
            "from_grpc": self.from_grpc,
        }

    def __eq__(self, other):
        if not isinstance(other, InferResponse):
            return NotImplemented
        return self._content() == other._content()

    def _content(self):
        return {**self.to_dict(), "outputs": self.outputs, "parameters": self.parameters or {}}

    __hash__ = None

    def __repr__(self):
        return (
            f"InferResponse(id={self.id!r}, model_name={self.model_name!r}, "
            f"outputs={self.outputs}, parameters={self.parameters})"
        )


# ---- writing ----


def _is_array(data):
    return hasattr(data, "dtype") and hasattr(data, "shape")


def _normalise(tensor, binary):
    """Numbers as those of the tensor's type, in one flat list, or as bytes."""
    if binary and tensor._raw_data is not None and not tensor.data:
        size = {"binary_data_size": len(tensor._raw_data)}
        tensor.parameters = {**(tensor.parameters or {}), **size}
        return
    try:
        import numpy  # noqa: F401
    except ImportError:
        if binary:
            raise
        tensor.data = [*_flat(tensor.data)]
        return
    tensor.set_data_from_numpy(tensor.as_numpy(), binary_data=binary)


def _flat(data):
    for item in data:
        if isinstance(item, list):
            yield from _flat(item)
        else:
            yield item


def _no_data(kind, tensor, model):
    return InvalidInput(f"'data' field is missing for {kind} '{tensor.name}' for model '{model}'")


def _no_fp16(verb, kind, tensor):
    return InvalidInput(
        f"{verb} FP16 data via JSON is not supported. Please use the binary data format for"
        f" {kind} {tensor.name}"
    )


def _tensor_document(tensor, binary, raw):
    document = {"name": tensor.name, "shape": tensor.shape, "datatype": tensor.datatype}
    if tensor.parameters:
        document["parameters"] = tensor.parameters
    if binary:
        raw.append(tensor._raw_data or b"")
    else:
        document["data"] = tensor.data
    return document


def _join(document, raw):
    if not raw:
        return document, None
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return b"".join((text, *raw)), len(text)


# ---- reading ----


def _refuse_constant(name):
    raise ValueError(f"{name} is no number of JSON")


_decode = json.JSONDecoder(parse_constant=_refuse_constant).decode


def parse_json(body):
    """JSON text to a value. Numbers that JSON does not have are refused."""
    text = bytes(body).decode()
    value = _decode(text)
    if "\\ud" in text or "\\uD" in text:  # Half a character, which no text can hold.
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _parse(body):
    try:
        return parse_json(body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"Unrecognized request format: {error}") from None


def _field(document, name, kind, where, required=True):
    value = document.get(name)
    if value is None:
        if required:
            raise InvalidInput(f"{where}: '{name}' is missing")
    elif not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
        words = {str: "a string", list: "a list", dict: "an object"}
        raise InvalidInput(f"{where}: '{name}' is to be {words[kind]}")
    return value


def _read_tensor(kind, item, where):
    if not isinstance(item, dict):
        raise InvalidInput(f"{where}: expected an object")
    shape = _field(item, "shape", list, where)
    if any(type(length) is not int or length < 0 for length in shape):
        raise InvalidInput(f"{where}: 'shape' is to be a list of numbers that are not negative")
    return kind(
        name=_field(item, "name", str, where),
        shape=shape,
        datatype=_field(item, "datatype", str, where),
        data=_field(item, "data", list, where, required=False),
        parameters=_field(item, "parameters", dict, where, required=False),
    )


def _read_inputs(items, model_name, body, at):
    for index, item in enumerate(items):
        tensor = _read_tensor(InferInput, item, f"inputs[{index}]")
        if tensor.data is not None:
            if tensor.datatype == "FP16" and tensor.data:
                raise _no_fp16("Receiving", "input", tensor)
        elif "binary_data_size" in (tensor.parameters or {}):
            at = tensor._take_binary(body, at)
        else:
            raise _no_data("input", tensor, model_name)
        if tensor.parameters is None:
            tensor.parameters = {}
        yield tensor


def _read_requested(items):
    for index, item in enumerate(items):
        where = f"outputs[{index}]"
        if not isinstance(item, dict):
            raise InvalidInput(f"{where}: expected an object")
        yield RequestedOutput(
            _field(item, "name", str, where),
            _field(item, "parameters", dict, where, required=False) or {},
        )


def _read_request(document, model_name, body, at):
    if not isinstance(document, dict):
        raise InvalidInput("the request is to be an object")
    inputs = _field(document, "inputs", list, "the request")
    outputs = _field(document, "outputs", list, "the request", required=False)
    return InferRequest(
        model_name=model_name,
        request_id=_field(document, "id", str, "the request", required=False),
        parameters=_field(document, "parameters", dict, "the request", required=False),
        infer_inputs=[*_read_inputs(inputs, model_name, body, at)],
        request_outputs=[*_read_requested(outputs)] if outputs else None,
    )


def _read_response(document, body, at):
    outputs = []
    for index, item in enumerate(document["outputs"]):
        tensor = _read_tensor(InferOutput, item, f"outputs[{index}]")
        if "binary_data_size" in (tensor.parameters or {}):
            at = tensor._take_binary(body, at)
        elif tensor.data is None:
            raise _no_data("output", tensor, document.get("model_name"))
        outputs.append(tensor)
    return InferResponse(
        response_id=document.get("id"),
        model_name=document.get("model_name"),
        model_version=document.get("model_version"),
        parameters=document.get("parameters"),
        infer_outputs=outputs,
    )
