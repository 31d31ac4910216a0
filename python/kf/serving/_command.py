# SPDX-License-Identifier: Apache-2.0
"""A container's command as a process of this machine.

A program in Python runs in this process, with `import kserve` answered by libkf: its
`ModelServer().start(...)` takes requests from the pool. Whatever else listens at a port (of the
variable PORT, or in place of --http_port, --port) is asked over HTTP on this machine.
"""

import os
import re
import runpy
import shlex
import shutil
import socket
import subprocess
import sys
import threading
import time

from kf.serving import _alias, _frames
from kf.serving._base import context
from kf.serving._proxy import Proxy

_PORT = re.compile(r"(--(?:http[_-])?port)(=\d+)?")
_PYTHON = re.compile(r"python(3(\.\d+)?)?")
_VARIABLE = re.compile(r"\$\((\w+)\)")
_ENDING_SECONDS = 3


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def with_port(command, port):
    """The command with the port that it is to listen at, where it names one."""
    words, replaced = [], False
    for word in command:
        match = _PORT.fullmatch(word)
        if replaced:
            words.append(str(port))
        elif match and match[2]:
            words.append(f"{match[1]}={port}")
        else:
            words.append(word)
        replaced = bool(match) and not match[2]
    return words


def with_variables(command):
    """The command with the values of $(NAME), as a cluster has them."""
    return [_VARIABLE.sub(lambda match: os.environ.get(match[1], match[0]), w) for w in command]


def with_models(command, path, mounts=None):
    """The command with folders of this machine in place of those of a container.

    `mounts` are the folders of a service with several storageUris, by their mountPath.
    """
    folders = {"/mnt/models": path, **(mounts or {})} if path else {}
    if not folders:
        return command
    places = sorted(folders, key=len, reverse=True)
    pattern = re.compile(rf"({'|'.join(map(re.escape, places))})(?=/|$)")
    return [pattern.sub(lambda match: folders[match[0]], word) for word in command]


def with_predictor(command, start):
    """The command with what KServe adds for a transformer: its name, and where the predictor is."""
    predictor = start.get("predictor")
    if not predictor:
        return command
    added = (
        ("--model_name", start["name"]),
        ("--predictor_host", predictor["host"]),
        ("--predictor_protocol", predictor.get("protocol", "v1")),
    )
    given = {word.partition("=")[0] for word in command}
    if "--protocol" in given:
        added = added[:2]
    return command + [w for name, value in added if name not in given for w in (name, value)]


def _is_open(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _serve_port(port, ended):
    """Once something listens at the port, hand calls on to it; `ended` says that nothing will."""
    pause = 0.01
    while not _is_open(port):
        if ended():
            return False
        time.sleep(pause)
        pause = min(pause * 1.5, 0.25)
    if ended():
        return False
    _frames.channel().serve_async(Proxy(port).answer, context)
    return True


def _run_python(words, port):
    """Run a file or module as `python` does; what listens at a port instead of calling ModelServer
    is served by a thread."""
    _alias.install()
    channel = _frames.channel()

    def watch():
        if _serve_port(port, lambda: channel.claimed):
            os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
    try:
        if words[0] == "-m":
            sys.argv = words[1:]
            sys.path.insert(0, os.getcwd())
            runpy.run_module(words[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = words
            sys.path.insert(0, os.path.dirname(os.path.abspath(words[0])))
            runpy.run_path(words[0], run_name="__main__")
    except BaseException as error:
        code = error.code if isinstance(error, SystemExit) else 1
        if channel.claimed or code in (None, 0):
            raise
        from kf.serving._server import fail

        fail(error)
    if not channel.claimed:
        sys.exit("the program ended and served nothing")


def _run_program(command, port):
    """Run a program that listens at the port; the worker ends as it does."""
    program = subprocess.Popen(command)
    stopping = threading.Event()

    def watch():
        code = program.wait()
        if not stopping.is_set():
            os._exit(code if code >= 0 else 128 - code)

    threading.Thread(target=watch, daemon=True).start()
    _serve_port(port, lambda: False)
    stopping.set()
    program.terminate()
    try:
        program.wait(_ENDING_SECONDS)
    except subprocess.TimeoutExpired:
        program.kill()


def _is_python(command):
    return (
        _PYTHON.fullmatch(os.path.basename(command[0])) is not None
        and len(command) > 1
        and (command[1].endswith(".py") or (command[1] == "-m" and len(command) > 2))
    )


def _prepare(start, port):
    command = start["command"]
    if isinstance(command, str):
        command = shlex.split(command)
    if not command:
        raise ValueError("the command of the container is empty")
    folders = start.get("path"), start.get("mounts")
    for name, value in os.environ.items():
        (os.environ[name],) = with_models([value], *folders)
    command = with_variables(with_predictor(command, start))
    return with_models(with_port(command, port), *folders)


def run(start):
    """Serve what the pool wants by a command."""
    port = _free_port()
    os.environ["PORT"] = str(port)
    command = _prepare(start, port)
    if not start.get("http") and _is_python(command):
        return _run_python(command[1:], port)
    if shutil.which(command[0]) is None:
        from kf.serving._server import fail

        fail(FileNotFoundError(f"no program {command[0]} on the PATH of this machine"))
    return _run_program(command, port)
