# SPDX-License-Identifier: Apache-2.0
"""The loggers that a model.py of KServe uses."""

import logging

KSERVE_LOGGER_NAME = "kserve"
logger = logging.getLogger(KSERVE_LOGGER_NAME)
trace_logger = logging.getLogger("kserve.trace")


def configure_logging(log_config=None):
    """Print what is logged; `log_config` is a dictionary of logging.config, or NULL."""
    if isinstance(log_config, dict):
        import logging.config

        logging.config.dictConfig(log_config)
    elif not logger.hasHandlers():
        logging.basicConfig(
            level=logging.INFO, format="%(asctime)s.%(msecs)03d %(levelname)s %(message)s",
            datefmt="%Y-%m-%d %H:%M:%S",
        )
