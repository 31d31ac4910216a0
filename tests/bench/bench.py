# SPDX-License-Identifier: Apache-2.0
"""The figures of libkf beside those of kfp, in one run on one machine.

    meson test -C build --benchmark --verbose

or `make bench`. Each figure is the median of several processes; the two libraries take turns. kfp is
measured where KF_ORACLE_PYTHON names an interpreter that has it, at sizes at which it ends in
reasonable time, and the size is said. A figure past its goal is marked; nothing fails because of a slow
machine.
"""

import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile

import serving as serving_figures

FOLDER = os.path.dirname(os.path.abspath(__file__))
BUILD = sys.argv[1] if len(sys.argv) > 1 else os.getcwd()
ORACLE = os.environ.get("KF_ORACLE_PYTHON")


def once(command: list) -> dict:
    done = subprocess.run(command, capture_output=True, text=True, cwd=FOLDER, timeout=1800)
    if done.returncode != 0:
        raise RuntimeError(f"{command}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def python(library: str, what: str, count: int) -> list:
    interpreter = ORACLE if library == "kfp" else sys.executable
    return [interpreter, os.path.join(FOLDER, "measure.py"), library, what, str(count)]


def in_c(program: str, *arguments: str) -> list:
    return [os.path.join(BUILD, "tests", "bench", program), *arguments]


def medians(ours: list, theirs: list, runs: int) -> tuple:
    """Median figures of the two commands, taken in turns; the second may be empty."""
    results = ([], [])
    for _ in range(runs):
        results[0].append(once(ours))
        if theirs:
            results[1].append(once(theirs))
    return tuple(
        {key: statistics.median(r[key] for r in side) for key in side[0]} if side else None
        for side in results
    )


def line(name: str, ours: str, goal: str, met: bool, theirs: str = "", ratio: str = "") -> None:
    mark = "" if met else "  <- past the goal"
    print(f"{name:<58} {ours:>10} {goal:>10} {theirs:>22} {ratio:>8}{mark}", flush=True)


def compare(name, ours, goal, theirs=None, runs=3, their_count=None, our_count=1, key="seconds",
            per_task=False):
    """One line: our figure, its goal, theirs (at their size), and how many times less ours is per task.

    Figures are seconds, or milliseconds per task.
    """
    mine, other = medians(ours, theirs if ORACLE else None, runs)
    each = mine[key] / our_count
    unit = "ms" if per_task else "s"
    value = each * 1000 if per_task else mine[key]
    text, ratio = "", ""
    if other:
        their_each = other[key] / (their_count or our_count)
        size = f" at {their_count}" if their_count else ""
        text = f"{their_each * 1000 if per_task else other[key]:.3f} {unit}{size}"
        ratio = f"{their_each / each:.0f}x"
    line(name, f"{value:.3f} {unit}", f"{goal} {unit}", value <= goal, text, ratio)
    return mine


def describe_machine() -> None:
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((row.split(":")[1].strip() for row in file if row.startswith("model name")), "?")
    print(f"{model}, {os.cpu_count()} processors, Linux {platform.release()}, "
          f"Python {platform.python_version()}")
    print(f"{'':<58} {'libkf':>10} {'goal':>10} {'kfp':>22} {'ratio':>8}")


def compiling() -> None:
    compare("import of the authoring modules", python("kf", "import", 0), 0.06,
            python("kfp", "import", 0), runs=5)
    compare("compile 1,000 tasks from Python, compact", python("kf-compact", "compile", 1000), 0.06,
            python("kfp", "compile", 1000), runs=3, our_count=1000, their_count=1000)
    compare("compile 10,000 tasks from Python, compact", python("kf-compact", "compile", 10000), 0.6,
            python("kfp", "compile", 1000), runs=3, our_count=10000, their_count=1000)
    compare("compile 10,000 tasks from Python, KFP's form", python("kf", "compile", 10000), 0.6)
    mine = compare("compile 10,000 tasks from C", in_c("bench_compile", "10000"), 0.06, runs=5)
    line("  peak memory", f"{mine['peak_mb']:.1f} MB", "60 MB", mine["peak_mb"] <= 60)
    small = once(in_c("bench_compile", "1000"))
    line("  1,000 tasks of one component, document",
         f"{small['bytes'] / 1e6:.3f} MB", "0.35 MB", small["bytes"] <= 350000)


def running() -> None:
    compare("a chain of no-op Python components, per task", python("kf", "run-chain", 200), 5,
            python("kfp", "run-chain", 20), runs=3, our_count=200, their_count=20,
            per_task=True)
    compare("1,000 parallel no-op Python components", python("kf", "run-parallel", 1000), 3.0,
            python("kfp", "run-parallel", 20), runs=3, our_count=1000, their_count=20)
    compare("a cached rerun of 1,000 Python tasks", python("kf", "run-cached", 1000), 0.1, runs=3)
    with tempfile.TemporaryDirectory() as home:
        figures = [once(in_c("bench_run", "10000", "chain", os.path.join(home, str(i))))
                   for i in range(3)]
    seconds = statistics.median(f["seconds"] for f in figures)
    peak = statistics.median(f["peak_mb"] for f in figures)
    line("a chain of 10,000 call components, durable store on", f"{seconds:.3f} s", "0.5 s",
         seconds <= 0.5)
    line("  peak memory", f"{peak:.1f} MB", "100 MB", peak <= 100)


def asking(algorithm: str, trials: int, goal: float, *known: str) -> None:
    """One line: the cost of an ask in a study of five parameters that has so many trials."""
    mine, _ = medians(in_c("bench_search", algorithm, str(trials), *known), [], 3)
    line(f"ask of {algorithm} at {trials:,} trials", f"{mine['ms']:.4f} ms", f"{goal} ms",
         mine["ms"] <= goal)


def tuning() -> None:
    with tempfile.TemporaryDirectory() as home:
        def best(kind, count):
            return min((once(in_c("bench_tune", kind, str(count), os.path.join(home, f"{kind}{i}")))
                        for i in range(3)), key=lambda figures: figures["ms"])
        mine = best("process", 300)
        line("a trial that is a process, beyond the process itself", f"{mine['ms']:.3f} ms", "3 ms",
             mine["ms"] <= 3)
        mine = best("tell", 5000)
        line("tell of a study in the store", f"{mine['ms']:.4f} ms", "0.1 ms", mine["ms"] <= 0.1)


def searching() -> None:
    asking("random", 1000, 0.002)
    asking("multivariate-tpe", 100, 0.06)
    asking("multivariate-tpe", 1000, 0.6)
    asking("cmaes", 1000, 0.02)
    asking("bayesianoptimization", 100, 8, "known")
    asking("bayesianoptimization", 500, 60, "known")
    asking("auto", 500, 20, "known")
    asking("auto", 20000, 20, "known")


def listing() -> None:
    with tempfile.TemporaryDirectory() as home:
        mine = once(in_c("bench_experiments", home, "20", "10000"))
    name = "list of 20 experiments, 10 with 10,000 trials each"
    line(name, f"{mine['ms']:.3f} ms", "1 ms", mine["ms"] <= 1)
    line("  each trial asked and told, durably", f"{mine['told_ms']:.4f} ms", "0.2 ms",
         mine["told_ms"] <= 0.2)


def predicting() -> None:
    """A model of 100 trees of depth 6 over 28 features, beside XGBoost itself where it is installed."""
    if importlib.util.find_spec("xgboost") is None:
        print("xgboost is missing: models of trees are left out")
        return
    with tempfile.TemporaryDirectory() as folder:
        theirs = once([sys.executable, os.path.join(FOLDER, "measure_model.py"), folder])
        mine = {
            suffix: once(in_c("bench_model", os.path.join(folder, f"model.{suffix}"),
                              os.path.join(folder, "rows")))
            for suffix in ("json", "ubj")
        }
    print(f"{'':<58} {'libkf':>10} {'goal':>10} {'xgboost ' + theirs['version']:>22} {'ratio':>8}")
    ours = mine["ubj"]
    for name, key, goal in (("predict one row", "one", 3), ("predict 1,000 rows, each", "many", 0.9)):
        for way, other in (("a DMatrix", f"{key}_us"), ("inplace", f"{key}_inplace_us")):
            figure = ours[f"{key}_us"]
            line(f"{name}, beside {way}", f"{figure:.3f} µs", f"{goal} µs", figure <= goal,
                 f"{theirs[other]:.3f} µs", f"{theirs[other] / figure:.0f}x")
    for suffix, figures in mine.items():
        line(f"  load it from {suffix}", f"{figures['load_ms']:.2f} ms", "3 ms",
             figures["load_ms"] <= 3)
    peak = max(figures["peak_mb"] for figures in mine.values())
    line("  peak memory", f"{peak:.1f} MB", "12 MB", peak <= 12)


def explaining() -> None:
    """Shapley values of trees beside XGBoost's pred_contribs and pred_interactions, where it is installed."""
    if importlib.util.find_spec("xgboost") is None:
        return
    for trees, depth, count in ((100, 6, 200), (500, 8, 40)):
        with tempfile.TemporaryDirectory() as folder:
            theirs = once([sys.executable, os.path.join(FOLDER, "measure_explain.py"), folder,
                           str(trees), str(depth), str(count)])
            mine = once(in_c("bench_explain", os.path.join(folder, "model.ubj"),
                             os.path.join(folder, "rows"), str(count)))
        for name, key in (("one row", "one_us"), (f"{count} rows, each", "many_us"),
                          ("pairs of a row", "pairs_us")):
            figure, other = mine[key], theirs[key]
            line(f"explain {name}, {trees} trees of depth {depth}", f"{figure:.1f} µs", "theirs",
                 figure <= other, f"{other:.1f} µs", f"{other / figure:.1f}x")


def serving() -> None:
    found = serving_figures.figures(os.path.join(BUILD, "tests", "bench", "bench_serve"),
                                    os.path.join(BUILD, "libkf", "cli", "kf"))
    if isinstance(found, str):
        print(found)
        return
    ours, theirs = found
    print(f"{'':<58} {'libkf':>10} {'goal':>10} {'kserve':>22} {'ratio':>8}")
    for connections, goal in ((1, 5), (64, 25)):
        mine, other = ours[connections]["rate"], theirs[connections]["rate"]
        line(f"V1, one row, 100 trees, {connections} connections", f"{mine:,.0f}/s", f"{goal}x",
             mine >= goal * other, f"{other:,.0f}/s", f"{mine / other:.0f}x")
    mine, other = ours[64]["p99"], theirs[64]["p99"]
    line("  99th percentile", f"{mine * 1000:.2f} ms", "20x", mine * 20 <= other,
         f"{other * 1000:.0f} ms", f"{other / mine:.0f}x")
    mine, other = ours["rows"], theirs["rows"]
    line("V2 binary, rows of requests of 1,000", f"{mine:,.0f}/s", "20x", mine >= 20 * other,
         f"{other:,.0f}/s", f"{mine / other:.0f}x")
    line("  resident memory", f"{ours['resident']:.1f} MB", "12 MB", ours["resident"] <= 12,
         f"{theirs['resident']:.0f} MB", f"{theirs['resident'] / ours['resident']:.0f}x")
    for name, key, goal in (("from exec to the first answer", "start", 10),
                            ("  the same, kf serve with a document", "serve", 10),
                            ("from scaled to zero to the first answer", "wake", 8)):
        line(name, f"{ours[key] * 1000:.1f} ms", f"{goal} ms", ours[key] * 1000 <= goal)


if __name__ == "__main__":
    describe_machine()
    compiling()
    running()
    searching()
    tuning()
    listing()
    predicting()
    explaining()
    serving()
