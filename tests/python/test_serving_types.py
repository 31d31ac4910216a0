# SPDX-License-Identifier: Apache-2.0
"""Tensors of V2 as arrays and bytes, and what models of Python libraries are given."""

import json
import struct

import pytest

numpy = pytest.importorskip("numpy")

from kf.serving import (  # noqa: E402
    InferenceError,
    InferInput,
    InferOutput,
    InferRequest,
    InferResponse,
    InvalidInput,
    RequestedOutput,
    get_predict_input,
    get_predict_response,
)
from kf.serving._types import from_np_dtype, to_np_dtype  # noqa: E402

NUMBERS = "BOOL INT8 INT16 INT32 INT64 UINT8 UINT16 UINT32 UINT64 FP16 FP32 FP64".split()


@pytest.mark.parametrize("datatype", NUMBERS)
def test_datatypes_of_numbers(datatype):
    dtype = to_np_dtype(datatype)
    assert from_np_dtype(dtype) == datatype
    array = numpy.array([[1, 0, 1], [0, 1, 1]], dtype=dtype)
    tensor = InferInput("x", [2, 3], datatype)
    tensor.set_data_from_numpy(array)
    assert tensor.data is None
    assert tensor.parameters == {"binary_data_size": array.nbytes}
    assert (tensor.as_numpy() == array).all()
    tensor.set_data_from_numpy(array, binary_data=False)
    assert tensor.data == [1, 0, 1, 0, 1, 1]
    assert tensor.parameters == {}
    assert tensor.as_numpy().dtype == dtype
    assert (tensor.as_numpy() == array).all()


def test_datatypes_of_texts():
    assert to_np_dtype("BYTES") is numpy.object_
    assert to_np_dtype("TEXT") is None
    for array in (["a"], [b"a"], [object()], ["2026-01-01"]):
        assert from_np_dtype(numpy.array(array).dtype) == "BYTES"
    assert from_np_dtype(numpy.dtype("datetime64[s]")) == "BYTES"
    assert from_np_dtype(numpy.complex64) is None


def test_texts_in_binary():
    tensor = InferOutput("x", [2], "BYTES")
    tensor.set_data_from_numpy(numpy.array(["a", b"\xff\x00"], dtype=object))
    assert tensor._raw_data == b"\1\0\0\0a\2\0\0\0\xff\0"
    assert tensor.as_numpy().tolist() == [b"a", b"\xff\x00"]
    with pytest.raises(InferenceError, match="using UTF-8"):
        tensor.set_data_from_numpy(tensor.as_numpy(), binary_data=False)
    for raw in (b"\1\0\0", b"\2\0\0\0a", b"\xff\xff\xff\xffa"):
        tensor._raw_data = raw
        with pytest.raises(InvalidInput, match="ends within"):
            tensor.as_numpy()


def test_arrays_of_another_kind_are_refused():
    tensor = InferInput("x", [2], "FP32")
    with pytest.raises(InferenceError, match="got unexpected datatype FP64 .* expected FP32"):
        tensor.set_data_from_numpy(numpy.zeros(2))
    with pytest.raises(InferenceError, match=r"shape \[3,\], expected \[2\]"):
        tensor.set_data_from_numpy(numpy.zeros(3, dtype="float32"))
    with pytest.raises(InferenceError, match="must be a numpy array"):
        tensor.set_data_from_numpy([1.0])


@pytest.mark.parametrize(
    "shape, datatype, data",
    [([3], "FP32", [1]), ([1], "FP32", ["a"]), ([1], "INT8", [300]), ([1], "TEXT", [1])],
)
def test_data_that_is_no_tensor(shape, datatype, data):
    with pytest.raises(InvalidInput):
        InferInput("x", shape, datatype, data=data).as_numpy()


def binary_request(**more):
    document = {
        "id": "7",
        "inputs": [
            {
                "name": "x",
                "shape": [2],
                "datatype": "FP32",
                "parameters": {"binary_data_size": 8},
            },
            {
                "name": "t",
                "shape": [1],
                "datatype": "BYTES",
                "parameters": {"binary_data_size": 6},
            },
        ],
        **more,
    }
    text = json.dumps(document).encode()
    body = text + struct.pack("<ff", 1.5, -2) + b"\2\0\0\0ab"
    return InferRequest.from_bytes(body, len(text), "m")


def test_a_binary_request():
    request = binary_request()
    assert request.get_input_by_name("x").as_numpy().tolist() == [1.5, -2]
    assert request.get_input_by_name("x").data == [1.5, -2]
    assert request.get_input_by_name("t").data == ["ab"]
    array = binary_request().inputs[0].as_numpy()
    array[0] = 7  # As one that comes from a list can.
    assert array.tolist() == [7, -2]


def test_no_parameters_are_none():
    plain = InferInput("x", [1], "INT64", data=[1])
    assert plain == InferInput("x", [1], "INT64", data=[1], parameters={})
    assert plain != InferInput("x", [1], "INT64", data=[1], parameters={"a": 1})
    document, _ = InferRequest("m", [plain], request_id="1").to_rest()
    assert InferRequest.from_dict(document, "m") == InferRequest("m", [plain], request_id="1")
    assert RequestedOutput("y") == RequestedOutput("y", {})
    assert InferResponse("1", "m", []) == InferResponse("1", "m", [], parameters={})
    assert InferResponse("1", "m", []) != InferResponse("1", "m", [], parameters={"a": 1})


def test_requests_there_and_back():
    request = binary_request()
    request.inputs[0].set_data_from_numpy(numpy.array([3, 4], dtype="float32"))
    body, length = request.to_rest()
    again = InferRequest.from_bytes(body, length, "m")
    assert again.inputs[0].as_numpy().tolist() == [3, 4]
    assert again.inputs[1].data == ["ab"]
    document, length = InferRequest(
        "m", [InferInput("x", [1], "INT64", data=[1])], request_id="1"
    ).to_rest()
    assert length is None
    assert document == {
        "id": "1",
        "model_name": "m",
        "inputs": [{"name": "x", "shape": [1], "datatype": "INT64", "data": [1]}],
    }


def response(requested=None, binary=False):
    return InferResponse(
        "7",
        "m",
        [
            InferOutput("a", [2], "FP32", data=[0.1, 2]),
            InferOutput("b", [1, 2], "INT64", data=numpy.array([[3, 4]])),
        ],
        use_binary_outputs=binary,
        requested_outputs=requested,
    )


def test_answers_in_json():
    document, length = response().to_rest()
    assert length is None
    first, second = document["outputs"]
    # A float as it is once it is one of 32 bits.
    assert first["data"] == [0.10000000149011612, 2.0]
    assert second == {"name": "b", "shape": [1, 2], "datatype": "INT64", "data": [3, 4]}


def test_answers_in_binary():
    body, length = response(binary=True).to_rest()
    document = json.loads(body[:length])
    assert [each["parameters"]["binary_data_size"] for each in document["outputs"]] == [8, 16]
    assert body[length:] == struct.pack("<ffqq", 0.1, 2, 3, 4)
    again = InferResponse.from_bytes(body, length)
    assert again.get_output_by_name("b").as_numpy().tolist() == [[3, 4]]


def test_answers_that_were_asked_for():
    requested = [RequestedOutput("b", {"binary_data": True})]
    body, length = response(requested, binary=False).to_rest()
    assert [each["name"] for each in json.loads(body[:length])["outputs"]] == ["b"]
    assert len(body) - length == 16
    # What is asked of an output comes before what is asked of all.
    document, length = response([RequestedOutput("a")], binary=True).to_rest()
    assert length is None and document["outputs"][0]["name"] == "a"
    with pytest.raises(InvalidInput, match="Unexpected inference output 'z' for model 'm'"):
        response([RequestedOutput("z")]).to_rest()


def test_half_precision_only_in_binary():
    array = numpy.array([1], dtype="float16")
    answer = InferResponse("7", "m", [InferOutput("a", [1], "FP16", data=array)])
    with pytest.raises(InvalidInput, match="FP16 data via JSON is not supported"):
        answer.to_rest()
    answer = InferResponse(
        "7", "m", [InferOutput("a", [1], "FP16", data=array)], use_binary_outputs=True
    )
    body, length = answer.to_rest()
    assert body[length:] == array.tobytes()


# ---- what models are given ----


def test_rows_of_v1():
    assert get_predict_input({"instances": [[1, 2], [3, 4]]}).tolist() == [[1, 2], [3, 4]]
    assert get_predict_input({"inputs": [1.5], "instances": [2]}).tolist() == [1.5]
    assert get_predict_input({"instances": ["a", "b"]}) == ["a", "b"]
    assert get_predict_input({"instances": []}).shape == (0,)
    for payload in ({}, {"instances": 7}, [1], "text"):
        with pytest.raises(InvalidInput):
            get_predict_input(payload)


def test_frames():
    pandas = pytest.importorskip("pandas")
    for rows in (
        [{"a": [1, 2], "b": [3, 4]}],
        [[{"a": 1, "b": 3}, {"a": 2, "b": 4}]],
        [[{"a": 1, "b": 3}], [{"a": 2, "b": 4}]],
    ):
        frame = get_predict_input({"instances": rows})
        assert frame.to_dict("list") == {"a": [1, 2], "b": [3, 4]}
    frame = get_predict_input({"instances": [[{"a": 1, "b": 3}]]}, columns=["b", "a"])
    assert [*frame.columns] == ["b", "a"]
    request = InferRequest(
        "m",
        [
            InferInput("a", [2], "FP32", data=[1, 2]),
            InferInput("t", [2], "BYTES", data=[b"x", "y"]),
        ],
        parameters={"content_type": "pd"},
    )
    assert get_predict_input(request).to_dict("list") == {"a": [1, 2], "t": ["x", "y"]}
    answer = get_predict_response({}, pandas.DataFrame({"a": [1, 2]}), "m")
    assert answer == {"predictions": [{"a": 1}, {"a": 2}]}


def test_answers_in_the_protocol_of_the_request():
    result = numpy.array([[1, 2]])
    assert get_predict_response({}, result, "m") == {"predictions": [[1, 2]]}
    request = InferRequest("m", [], request_id="7")
    answer = get_predict_response(request, result, "m")
    assert (answer.id, answer.model_name) == ("7", "m")
    tensor = answer.outputs[0]
    assert (tensor.name, tensor.shape, tensor.datatype) == ("output-0", [1, 2], "INT64")
    assert tensor.data == [1, 2]
    texts = get_predict_response(request, ["a", "b"], "m").outputs[0]
    assert (texts.datatype, texts.shape, texts.data) == ("BYTES", [2], ["a", "b"])
    assert get_predict_response(InferRequest("m", []), result, "m").id
