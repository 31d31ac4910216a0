# SPDX-License-Identifier: Apache-2.0
"""A worker that does what the tests tell it to: it speaks the frames with nothing but the
standard library, and takes its orders from the paths of the calls."""

import json
import os
import socket
import struct
import sys
import time

START, READY, FAILED, CALL, REPLY, CANCEL, STOP = range(1, 8)
PREFIX = struct.Struct("<4sIQII")

stream = socket.socket(fileno=int(os.environ["KF_WORKER_FD"]))


def take(count):
    data = b""
    while len(data) < count:
        part = stream.recv(min(count - len(data), 1 << 20))
        if not part:
            sys.exit(0)
        data += part
    return data


def receive():
    magic, kind, number, head, body = PREFIX.unpack(take(PREFIX.size))
    assert magic == b"KFW1"
    text = take(head)
    return kind, number, json.loads(text) if text else {}, take(body)


def send(kind, number=0, head=None, body=b""):
    text = json.dumps(head).encode() if head is not None else b""
    stream.sendall(PREFIX.pack(b"KFW1", kind, number, len(text), len(body)) + text + body)


def reply(number, body, status=200, headers=()):
    send(REPLY, number, {"status": status, "headers": [*headers]}, body)


def once(path):
    """Whether this is the first time that the file is asked for."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL))
        return True
    except FileExistsError:
        return False


held = {}


def do(number, head, body):
    order, _, rest = head["path"].lstrip("/").partition("/")
    if order == "echo":
        reply(number, body, headers=[["content-type", "text/plain"], ["x-pid", str(os.getpid())]])
    elif order == "head":
        reply(number, json.dumps(head).encode())
    elif order == "sleep":
        time.sleep(float(rest))
        reply(number, body)
    elif order == "hold":  # Answered by "release".
        held[number] = body
    elif order == "release":
        for each, text in held.items():
            reply(each, text)
        held.clear()
        reply(number, b"released")
    elif order == "exit":
        os._exit(int(rest))
    elif order == "exit-once":
        if once("/" + rest):
            print("going down", flush=True)
            os._exit(3)
        reply(number, b"back")
    elif order == "garbage":
        stream.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    elif order == "stranger":
        reply(number + 1, b"")
    elif order == "head-garbage":
        send(REPLY, number, {"status": "fine"})
    elif order == "huge":
        stream.sendall(PREFIX.pack(b"KFW1", REPLY, number, 2, 1 << 31) + b"{}")
    elif order == "print":
        for _ in range(int(rest)):
            os.write(1, b"x" * 999 + b"\n")
        reply(number, b"printed")
    elif order == "big":
        reply(number, b"y" * int(rest))
    elif order == "ask":
        send(CALL, number, {"method": "POST", "path": "/" + rest, "headers": [["x-a", "b"]],
                            "of": number}, body)
    else:
        reply(number, b"no such order", status=404)


def main():
    kind, _, start, _ = receive()
    assert kind == START
    mode = start.get("mode", "")
    if mode == "fails":
        print("first line\nsecond line", file=sys.stderr, flush=True)
        send(FAILED, 0, {"message": "ValueError: no weights"})
        return
    if mode == "talks":
        print("\n".join(f"line {n} of a long story \u00e9" for n in range(500)))
        sys.exit("the end \u00e9")
    if mode == "dies":
        sys.exit("cannot open the model")
    if mode == "sleeps":
        time.sleep(60)
    if mode == "recovers" and once(start["file"]):
        sys.exit("not yet")
    send(READY, 0, {"serial": start.get("serial", True)})
    while True:
        kind, number, head, body = receive()
        if kind == CALL:
            do(number, head, body)
        elif kind == REPLY:
            reply(number, body, status=head["status"])
        elif kind == CANCEL:
            held.pop(number, None)
            if not start.get("serial", True):
                reply(number, b"", status=499)
        elif kind == STOP:
            return


main()
