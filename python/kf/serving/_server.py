# SPDX-License-Identifier: Apache-2.0
"""The server of models in Python.

`ModelServer().start([model])` answers over HTTP when a program is started by hand, and takes its
requests from libkf when `kf serve` started it.
"""

import functools
import logging
import os
import sys

from kf.serving import _frames
from kf.serving._base import BaseKServeModel, PredictorConfig, context, never_waits
from kf.serving._dataplane import Dataplane
from kf.serving._errors import LoadError, NoModelReady
from kf.serving._payload import strtobool
from kf.serving._repository import ModelRepository

logger = logging.getLogger("kf.serving")


@functools.cache
def _parser():
    import argparse

    def _flag(text):
        try:
            return strtobool(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--http_port", default=8080, type=int, help="The port to listen at.")
    parser.add_argument("--grpc_port", type=int, help="The port of gRPC: 8081.")
    parser.add_argument("--enable_grpc", type=_flag, help="Whether gRPC is spoken: it is.")
    parser.add_argument("--model_name", default="model", help="The name that clients use.")
    parser.add_argument("--predictor_host", help="Where a transformer finds its predictor.")
    parser.add_argument(
        "--predictor_protocol",
        "--protocol",
        default="v1",
        choices=["v1", "v2", "grpc-v2"],
        help="How the predictor is spoken to.",
    )
    parser.add_argument("--predictor_use_ssl", default=False, type=_flag)
    parser.add_argument("--predictor_request_timeout_seconds", default=600, type=int)
    parser.add_argument("--predictor_request_retries", default=0, type=int)
    parser.add_argument("--enable_predictor_health_check", action="store_true")
    # What only KServe's own server has is understood, and has no effect.
    for name, kind in (
        ("--workers", int),
        ("--max_threads", int),
        ("--max_asyncio_workers", int),
        ("--grace_period", int),
        ("--grpc_max_send_message_length", int),
        ("--grpc_max_receive_message_length", int),
        ("--log_config_file", str),
        ("--access_log_format", str),
        ("--event_loop", str),
        ("--timeout_keep_alive", int),
        ("--ssl_certfile", str),
        ("--ssl_keyfile", str),
        ("--enable_docs_url", _flag),
        ("--enable_latency_logging", _flag),
        ("--configure_logging", _flag),
    ):
        parser.add_argument(name, type=kind, help=argparse.SUPPRESS)
    return parser


@functools.cache
def _arguments():
    return _parser().parse_known_args()[0]


def __getattr__(name):
    """`parser`, for programs with arguments of their own (argparse.ArgumentParser(parents=[parser]));
    `args`, what the program was started with."""
    if name == "parser":
        return _parser()
    if name == "args":
        return _arguments()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _predictor_config():
    args = _arguments()
    return PredictorConfig(
        predictor_host=args.predictor_host,
        predictor_protocol=args.predictor_protocol,
        predictor_use_ssl=args.predictor_use_ssl,
        predictor_request_timeout_seconds=args.predictor_request_timeout_seconds,
        predictor_request_retries=args.predictor_request_retries,
        predictor_health_check=args.enable_predictor_health_check,
    )


class _App:
    """What a program sets KServe's FastAPI up with; there is none here, and the log says so."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)

        def ignored(*_, **__):
            logger.warning("app.%s(...) has no effect: libkf answers HTTP itself", name)
            return lambda handler: handler

        return ignored


app = _App()


class ModelServer:
    """Serves models, over HTTP and over gRPC, at 8080 and 8081 if nothing else is said. Options that
    only matter to KServe's own server are taken and have no effect."""

    def __init__(
        self,
        http_port=None,
        grpc_port=None,
        *_,
        registered_models=None,
        enable_grpc=None,
        predictor_config=None,
        **_options,
    ):
        self.http_port = http_port
        self.grpc_port = grpc_port
        self.enable_grpc = enable_grpc
        self.registered_models = registered_models or ModelRepository()
        context.predictor_config = predictor_config or _predictor_config()
        self.dataplane = Dataplane(self.registered_models)
        self._beside = []

    def register_model(self, model, name=None):
        """Serve a model, under its own name or another one."""
        if not model.name:
            raise ValueError("Failed to register model, model.name must be provided.")
        self.registered_models.update(model, name or model.name)
        logger.info("Registering model: %s", name or model.name)

    def register_exception_handler(self, handler):
        """Taken, and has no effect: what a model raises is answered and printed."""

    def start(self, models):
        """Serve the models until the process is told to end."""
        try:
            self._register(models)
        except Exception as error:
            if _frames.is_worker():
                fail(error)
            raise
        if _frames.is_worker():
            self._serve_pool()
        else:
            self._serve_http()
        self.stop()

    def stop(self, sig=None):
        """Unload all models."""
        for name in [*self.registered_models.get_models()]:
            self.registered_models.unload(name)

    def _register(self, models):
        if not isinstance(models, list):
            raise RuntimeError("Unknown model collection type")
        ready = False
        for model in models:
            if not isinstance(model, BaseKServeModel):
                raise RuntimeError("Model type should be 'BaseKServeModel'")
            if model.ready:
                ready = True
                self.register_model(model)
            model.start()
            if model.engine:
                self._beside.append(model.start_engine())
        if models and not ready:
            raise NoModelReady(models)

    def _serve_pool(self):
        channel = _frames.channel()
        models = [*self.registered_models.get_models().values()]
        plain = self.dataplane.is_fixed = type(self.registered_models) is ModelRepository
        if plain and all(never_waits(model) for model in models):
            channel.serve(self.dataplane.answer)
        else:
            channel.serve_async(self.dataplane.answer, context, self._beside)

    def _serve_http(self):
        from kf.serving import _http

        port = _arguments().http_port if self.http_port is None else self.http_port
        fronts = []

        def ready(taken):
            fronts.append(self._front(taken))
            self._say_where(taken)

        def ending():
            for front in filter(None, fronts):
                front.close()

        _http.serve(self.dataplane.answer, port, self._beside, ready, ending)

    def _say_where(self, port):
        names = " ".join(self.registered_models.get_models()) or "no model yet"
        print(f"serving {names} at http://127.0.0.1:{port}", file=sys.stderr, flush=True)

    def _front(self, http_port):
        """What speaks gRPC beside the server at this port, or None."""
        from kf.serving import _grpc

        args = _arguments()
        port = args.grpc_port if self.grpc_port is None else self.grpc_port
        wanted = args.enable_grpc if self.enable_grpc is None else self.enable_grpc
        if wanted is False:
            return None
        demanded = wanted is True or port is not None
        names = list(self.registered_models.get_models())
        return _grpc.front(http_port, 8081 if port is None else port, names, demanded)


def fail(error):
    """Tell the pool why nothing will be served, and end."""
    import traceback

    if not isinstance(error, (SystemExit, LoadError)):
        traceback.print_exception(type(error), error, error.__traceback__, file=sys.stderr)
    sys.stderr.flush()
    name = getattr(error, "qualified_name", type(error).__name__)
    _frames.channel().failed(f"{name}: {error}")
    os._exit(1)
