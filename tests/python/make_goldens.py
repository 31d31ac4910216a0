# SPDX-License-Identifier: Apache-2.0
"""python make_goldens.py: write tests/golden/ir with the kfp of this interpreter.

Run it after adding to tests/python/pipelines, with an interpreter that has the release of kfp that
libkf compares itself with (kf_kfp_version).
"""

import pathlib

import compile_cases

GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden" / "ir"

if __name__ == "__main__":
    for old in GOLDEN.glob("*.yaml"):
        old.unlink()
    compile_cases.main("kfp", GOLDEN)
