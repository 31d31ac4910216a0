# SPDX-License-Identifier: Apache-2.0
"""Writes tests/golden/events: event files of an encoder that is not ours, and what is in them.

    python -m venv /tmp/events && /tmp/events/bin/pip install tensorboardX==2.6.5 tensorboard==2.21.0
    /tmp/events/bin/python tests/golden/make_events.py
"""

from pathlib import Path

import numpy as np
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2
from tensorboard.summary.writer.record_writer import RecordWriter
from tensorboard.util import tensor_util

FOLDER = Path(__file__).parent / "events"
WALL = 1700000000.25


def event(step, **values):
    summary = summary_pb2.Summary()
    for tag, value in values.items():
        if isinstance(value, float):
            summary.value.add(tag=tag, simple_value=value)
        else:
            summary.value.add(tag=tag, tensor=value)
    return event_pb2.Event(wall_time=WALL + step, step=step, summary=summary)


def packed(dtype, field, value):
    tensor = tensor_pb2.TensorProto(dtype=dtype, tensor_shape=tensor_shape_pb2.TensorShapeProto())
    getattr(tensor, field).append(value)
    return tensor


def write(name, events):
    with open(FOLDER / name, "wb") as file:
        writer = RecordWriter(file)
        for one in events:
            writer.write(one.SerializeToString())
        writer.flush()


def scalars():
    yield event_pb2.Event(wall_time=WALL, file_version="brain.Event:2")
    for step, loss in enumerate([0.5, 0.25, float("nan"), 0.125]):
        yield event(step, loss=loss, accuracy=1.0 - step / 8)


def tensors():
    yield event_pb2.Event(wall_time=WALL, file_version="brain.Event:2")
    for step, kind in enumerate([np.float32, np.float64, np.int32, np.int64, np.float16, np.uint8, np.int8,
                                 np.int16, np.uint16, np.bool_]):
        yield event(step, content=tensor_util.make_tensor_proto(np.array(kind(1.5) if step < 2 else kind(1))))
    yield event(20, value=packed(1, "float_val", 0.75))
    yield event(21, value=packed(2, "double_val", -0.1))
    yield event(22, value=packed(3, "int_val", -3))
    yield event(23, value=packed(9, "int64_val", -(2 ** 40)))
    yield event(24, value=packed(19, "half_val", 0xbc00))
    yield event(25, value=packed(10, "bool_val", True))
    yield event(26, value=packed(14, "half_val", 0x3fc0))
    # What is no scalar.
    yield event(30, value=tensor_util.make_tensor_proto(np.array([1.0, 2.0])))
    yield event(31, value=tensor_util.make_tensor_proto("text"))
    yield event(32, value=tensor_util.make_tensor_proto(np.zeros((1, 0))))
    yield event(33, value=tensor_util.make_tensor_proto(np.array([[4.0]])))


def writer_of_tensorboardx():
    from tensorboardX import SummaryWriter
    from tensorboardX.record_writer import RecordWriter as Plain  # noqa: F401
    writer = SummaryWriter(str(FOLDER / "tmp"))
    for step in range(3):
        writer.add_scalar("train/loss", 1.0 / (step + 1), step, walltime=WALL + step)
    writer.add_histogram("weights", np.arange(10.0), 0, walltime=WALL)
    writer.add_text("note", "text", 0, walltime=WALL)
    writer.close()
    file, = (FOLDER / "tmp").iterdir()
    file.rename(FOLDER / "tensorboardx.tfevents")
    (FOLDER / "tmp").rmdir()


FOLDER.mkdir(exist_ok=True)
write("scalars.tfevents", scalars())
write("tensors.tfevents", tensors())
writer_of_tensorboardx()
