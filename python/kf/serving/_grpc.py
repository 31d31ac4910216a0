# SPDX-License-Identifier: Apache-2.0
"""gRPC for a program that is started by hand: libkf speaks it, and asks the program over HTTP."""

import logging
import tempfile

logger = logging.getLogger("kf.serving")


class Front:
    """Answers over gRPC with the models of the server at a port of this machine. Raises kf.Error if
    the port is taken, or if there is no libnghttp2."""

    def __init__(self, http_port, grpc_port, names):
        from kf import _native

        self._home = tempfile.TemporaryDirectory(prefix="kf-grpc-", ignore_cleanup_errors=True)
        options = {"home": self._home.name, "port": 0, "grpc": True, "grpc_port": grpc_port}
        self._native = _native.server_start(options)
        for name in names:
            _native.server_add_remote(self._native, name, f"http://127.0.0.1:{http_port}")
        self.port = _native.server_grpc_port(self._native)
        logger.info("gRPC at port %d", self.port)

    def close(self):
        """Answer what is under way, and end."""
        self._native = None
        self._home.cleanup()


def front(http_port, grpc_port, names, demanded):
    """A Front; None, and a line in the log, if it cannot be had and was not demanded."""
    try:
        return Front(http_port, grpc_port, names)
    except Exception as error:
        if demanded:
            raise
        logger.warning("gRPC is not spoken, HTTP alone: %s", error)
        return None
