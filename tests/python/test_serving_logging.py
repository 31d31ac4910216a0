# SPDX-License-Identifier: Apache-2.0
"""The loggers of a model: what configure_logging() leaves alone, prints by itself, and is told."""

import json
import subprocess
import sys

import pytest

CONFIG = {
    "version": 1,
    "formatters": {"mine": {"format": "MINE %(levelname)s %(message)s"}},
    "handlers": {"mine": {"class": "logging.StreamHandler", "formatter": "mine"}},
    "loggers": {"kserve": {"handlers": ["mine"], "level": "INFO"}},
}
INI = """
[loggers]
keys=root
[handlers]
keys=mine
[formatters]
keys=mine
[logger_root]
level=INFO
handlers=mine
[handler_mine]
class=StreamHandler
formatter=mine
args=(sys.stderr,)
[formatter_mine]
format=MINE %(levelname)s %(message)s
"""


def printed(program, *arguments):
    """What a program that logs "hello" wrote; it has its own interpreter, for its own loggers."""
    program = f"import json, logging, sys\nimport kf.as_kserve\nfrom kserve import logging as k\n{program}"
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\nk.logger.info('hello')", *arguments],
        capture_output=True, text=True, check=True,
    )
    assert done.stdout == ""
    return done.stderr


def test_by_itself_it_says_when_and_where():
    text = printed("k.configure_logging()")
    assert " kserve INFO [<string>:<module>():" in text and text.endswith("] hello\n")
    assert text.count("hello") == 1


def test_what_was_set_up_stays():
    text = printed("logging.basicConfig(format='OWN %(message)s', level='INFO'); k.configure_logging()")
    assert text == "OWN hello\n"


def test_the_default_can_be_changed():
    text = printed(
        "k.KSERVE_LOG_CONFIG['formatters']['kserve']['fmt'] = 'FMT %(message)s'\n"
        "k.configure_logging(k.KSERVE_LOG_CONFIG)"
    )
    assert text == "FMT hello\n"


@pytest.mark.parametrize(
    "name, content",
    [("log.json", json.dumps(CONFIG)), ("log.yaml", json.dumps(CONFIG)), ("log.ini", INI)],
)
def test_files(tmp_path, name, content):
    if name == "log.yaml":
        pytest.importorskip("yaml")
    path = tmp_path / name
    path.write_text(content)
    assert printed("k.configure_logging(sys.argv[1])", str(path)) == "MINE INFO hello\n"


def test_a_dictionary():
    text = printed("k.configure_logging(json.loads(sys.argv[1]))", json.dumps(CONFIG))
    assert text == "MINE INFO hello\n"
