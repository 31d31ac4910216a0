# SPDX-License-Identifier: Apache-2.0
"""`measure.py LIBRARY WHAT COUNT`: one measurement in a process of its own; prints JSON.

LIBRARY is kf, kf-compact or kfp; WHAT is import, compile, run-chain, run-parallel or run-cached.
"""

import json
import os
import resource
import sys
import tempfile
import time


def measure_import(library: str) -> float:
    start = time.perf_counter()
    if library == "kfp":
        from kfp import compiler, components, dsl, kubernetes, local  # noqa: F401
    else:
        from kf import compiler, components, dsl, kubernetes, local  # noqa: F401
    return time.perf_counter() - start


def measure_compile(library: str, count: int) -> float:
    import pipelines
    from kfp import compiler

    arguments = {"compact": True} if library == "kf-compact" else {}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "pipeline.yaml")
        start = time.perf_counter()
        compiler.Compiler().compile(pipelines.chain(count), path, **arguments)
        return time.perf_counter() - start


def measure_run(shape: str, count: int, cached: bool) -> float:
    import pipelines
    from kfp import local

    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ["KF_HOME"] = os.path.join(folder, "home")
        local.init(local.SubprocessRunner(use_venv=False), enable_caching=cached)
        pipeline = getattr(pipelines, shape)(count)
        if cached:
            pipeline()
        start = time.perf_counter()
        pipeline()
        return time.perf_counter() - start


def main() -> None:
    library, what, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if what == "import":
        seconds = measure_import(library)
    else:
        if library != "kfp":
            import kf.as_kfp  # noqa: F401
        if what == "compile":
            seconds = measure_compile(library, count)
        else:
            shape = "parallel" if what == "run-parallel" else "chain"
            seconds = measure_run(shape, count, what == "run-cached")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak_mb": peak}))


if __name__ == "__main__":
    main()
