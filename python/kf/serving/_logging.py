# SPDX-License-Identifier: Apache-2.0
"""The loggers that a model.py of KServe uses."""

import logging
import os

KSERVE_LOGGER_NAME = "kserve"
KSERVE_TRACE_LOGGER_NAME = "kserve.trace"
KSERVE_LOGGER_FORMAT = (
    "%(asctime)s.%(msecs)03d %(process)s %(name)s %(levelname)s "
    "[%(filename)s:%(funcName)s():%(lineno)s] %(message)s"
)
KSERVE_TRACE_LOGGER_FORMAT = "%(asctime)s.%(msecs)03d %(process)s %(name)s %(message)s"
KSERVE_LOGGER_DATE_FORMAT = "%Y-%m-%d %H:%M:%S"


def _formatter(text):
    return {"()": "logging.Formatter", "fmt": text, "datefmt": KSERVE_LOGGER_DATE_FORMAT}


def _handler(formatter):
    return {
        "class": "logging.StreamHandler",
        "formatter": formatter,
        "stream": "ext://sys.stderr",
    }


def _logger(handler):
    level = os.environ.get("KSERVE_LOGLEVEL", "INFO").upper()
    return {"handlers": [handler], "level": level, "propagate": False}


#: How both loggers print: to be changed, and given to configure_logging().
KSERVE_LOG_CONFIG = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "kserve": _formatter(KSERVE_LOGGER_FORMAT),
        "kserve_trace": _formatter(KSERVE_TRACE_LOGGER_FORMAT),
    },
    "handlers": {"kserve": _handler("kserve"), "kserve_trace": _handler("kserve_trace")},
    "loggers": {"kserve": _logger("kserve"), "kserve.trace": _logger("kserve_trace")},
}

logger = logging.getLogger(KSERVE_LOGGER_NAME)
trace_logger = logging.getLogger(KSERVE_TRACE_LOGGER_NAME)


def configure_logging(log_config=None):
    """Print what is logged. `log_config` is a dictionary of logging.config, or a file with one
    (.json, .yaml) or of logging.config.fileConfig. Without it, loggers that have handlers already
    stay as they are."""
    if log_config is None and logger.hasHandlers():
        return
    from logging import config

    if isinstance(log_config, str) and not log_config.endswith((".json", ".yaml", ".yml")):
        config.fileConfig(log_config, disable_existing_loggers=False)
    elif isinstance(log_config, str):
        config.dictConfig(_read(log_config))
    else:
        config.dictConfig(KSERVE_LOG_CONFIG if log_config is None else log_config)


def _read(path):
    with open(path, encoding="utf-8") as file:
        if path.endswith(".json"):
            import json

            return json.load(file)
        import yaml

        return yaml.safe_load(file)
