# SPDX-License-Identifier: Apache-2.0
"""The file of numbers that libkf reads models from (docs/model-numbers.md), written."""

import json
import os
import struct
import tempfile
import zlib

MAGIC = b"\x89KFM\r\n\x1a\n"
VERSION = 1
_DTYPES = {"f64": "<f8", "i32": "<i4", "u32": "<u4", "u8": "u1"}


class Block:
    """The arrays of a file: `add` appends one, and gives what the description calls it by."""

    def __init__(self):
        self._pieces = []
        self._size = 0

    def add(self, kind, array):
        import numpy

        array = numpy.ascontiguousarray(array, dtype=_DTYPES[kind])
        data = array.tobytes()
        reference = {kind: [self._size, array.size]}
        data += b"\0" * (-len(data) % 8)
        self._pieces.append(data)
        self._size += len(data)
        return reference

    def doubles(self, array):
        return self.add("f64", array)

    def bytes(self):
        return b"".join(self._pieces)


def file_bytes(description, block):
    """The file as a whole."""
    text = json.dumps(description, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    body = struct.pack("<Q", len(text)) + text + block.bytes()
    return MAGIC + struct.pack("<II", VERSION, zlib.crc32(body)) + body


def write_file(path, data):
    """Write `data` to `path`, or leave what is there as it is."""
    path = os.fspath(path)
    folder = os.path.dirname(path) or "."
    handle, temporary = tempfile.mkstemp(prefix=".kfm-", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
