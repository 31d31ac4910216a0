# SPDX-License-Identifier: Apache-2.0
"""Studies from Python: spaces, ask and tell, optimize."""

import csv
import io
import json
import threading
import xml.etree.ElementTree

import pytest

import kf
from kf import search

SPACE = {
    "rate": search.double(1e-5, 1e-1, distribution="logUniform"),
    "layers": search.int(1, 8),
    "act": search.categorical(["relu", "gelu", None]),
    "batch": search.discrete([16, 32, 64]),
    "width": search.int(16, 64, step=16, when={"act": ["relu", "gelu"]}),
}


def study(**options):
    return search.Study(SPACE, objective="loss", algorithm="random", **options)


def test_trials_are_within_the_space():
    seen = set()
    searching = study(seed=1)
    for _ in range(200):
        trial = searching.ask()
        assert 1e-5 <= trial["rate"] <= 1e-1
        assert trial["layers"] in range(1, 9)
        assert trial["batch"] in (16, 32, 64)
        assert ("width" in trial) == (trial["act"] is not None)
        if "width" in trial:
            assert trial["width"] in (16, 32, 48, 64)
        seen.add((trial["act"], trial.params.get("width")))
    assert len(seen) == 9


def test_ask_report_tell():
    searching = study()
    trial = searching.ask()
    assert (trial.state, trial.value, trial.values) == ("RUNNING", None, None)
    assert trial.report(step=1, value=0.9) is False
    searching.tell(trial, 0.3)
    assert (trial.state, trial.value, trial.observations) == ("SUCCEEDED", 0.3, [(1, 0.9)])
    failed = searching.ask()
    searching.tell(failed, state="FAILED", message="no memory")
    assert (failed.state, failed.message) == ("FAILED", "no memory")
    searching.tell(searching.ask(), float("nan"))
    assert [t.state for t in searching.trials] == ["SUCCEEDED", "FAILED", "METRICS_UNAVAILABLE"]
    assert searching.best == trial
    assert "0.3" in repr(trial)


def test_direction_and_several_objectives():
    searching = search.Study(
        {"x": search.double(0, 1)},
        objective=["accuracy", "cost"],
        direction=["maximize", "minimize"],
        algorithm="random",
    )
    for accuracy in (0.1, 0.9, 0.5):
        searching.tell(searching.ask(), {"cost": 1, "accuracy": accuracy})
    assert searching.best.values == [0.9, 1.0]
    with pytest.raises(kf.InvalidArgument, match="'cost'"):
        searching.tell(searching.ask(), {"accuracy": 1})
    with pytest.raises(ValueError, match="2 objectives"):
        searching.tell(searching.ask(), 1)


def test_front_hypervolume():
    searching = search.Study(
        {"x": search.double(0, 1)}, ["a", "b"], ["maximize", "minimize"], algorithm="random"
    )
    for a, b in ((1, 1), (2, 3), (0, 2)):
        searching.tell(searching.ask(), [a, b])
    assert [trial.number for trial in searching.front] == [0, 1]
    assert searching.hypervolume({"a": 0, "b": 4}) == 1 * 3 + 1 * 1


def test_results_are_written(tmp_path):
    searching = search.Study(
        {"x": search.double(0, 1), "c": search.categorical(['a, "b"', "<c>"])},
        "loss",
        algorithm="random",
    )
    searching.add({"x": 0.5, "c": 'a, "b"'}, 0.25)
    searching.add({"x": 1, "c": "<c>"}, state="FAILED")
    rows = list(csv.DictReader(io.StringIO(searching.to_csv())))
    assert rows[0] == {
        "number": "0", "state": "SUCCEEDED", "loss": "0.25", "x": "0.5", "c": 'a, "b"',
        "message": "",
    }
    assert (rows[1]["state"], rows[1]["loss"], rows[1]["c"]) == ("FAILED", "", "<c>")
    searching.to_json(tmp_path / "trials.json")
    trials = json.loads((tmp_path / "trials.json").read_text())
    assert trials[0]["params"] == {"x": 0.5, "c": 'a, "b"'}
    assert trials[0]["values"] == {"loss": 0.25}
    assert searching.importance == {"x": 0, "c": 0}


def test_pictures_are_well_formed():
    searching = study(seed=2)
    assert "0 trials" in searching._repr_html_()
    searching.optimize(lambda trial: trial["layers"] + trial["rate"], n_trials=40)
    page = xml.etree.ElementTree.fromstring(searching.to_html())
    shown = xml.etree.ElementTree.fromstring(searching._repr_html_())
    assert (page.tag, shown.tag) == ("html", "div")
    circles = page.findall(".//{http://www.w3.org/2000/svg}circle")
    assert len(circles) == 40
    best = min(float(circle[0].text.split(": ")[1]) for circle in circles)
    assert best == searching.best.value


def lines_of(page):
    """The points of each path of the history."""
    (history, *_) = xml.etree.ElementTree.fromstring(page).iter("{http://www.w3.org/2000/svg}svg")
    paths = [each.get("d") for each in history.iter("{http://www.w3.org/2000/svg}path")]
    return [[tuple(map(float, point.split(","))) for point in d[1:].split("L")] for d in paths]


def test_history_is_a_stair():
    searching = search.Study({"x": search.double(0, 1)}, algorithm="random", direction="maximize")
    for value in (2.0, 1.0, 3.0, None, 2.5):
        searching.add({"x": 0.5}, value)
    *_, stair = lines_of(searching.to_html())
    x = [stair[0][0], stair[1][0], stair[3][0]]  # Of trials 0, 2 and 4.
    assert [point[0] for point in stair] == [x[0], x[1], x[1], x[2]]
    assert x[1] - x[0] == pytest.approx(x[2] - x[1], abs=0.2)
    low, high = stair[0][1], stair[-1][1]
    assert [point[1] for point in stair] == [low, low, high, high] and high < low


def test_values_of_several_orders_are_drawn_by_their_logarithms():
    searching = search.Study({"x": search.double(0, 1)}, "loss", algorithm="random")
    for value in (1e4, 1e2, 1.0, 1e-2):
        searching.add({"x": 0.5}, value)
    *_, stair = lines_of(searching.to_html())
    heights = [point[1] for point in stair[::2]]
    steps = [after - before for before, after in zip(heights, heights[1:])]
    assert steps == pytest.approx([steps[0]] * 3, abs=0.2) and steps[0] > 10
    assert "loss (logarithmic)" in searching.to_html()


def test_pictures_of_very_many_trials():
    searching = search.Study({"x": search.double(0, 1)}, algorithm="random")
    for number in range(5000):
        searching.add({"x": number / 5000}, abs(number - 4001) + 1)
    page = searching.to_html()
    assert page.count("<circle") == 1667 and "1 of 3 is drawn" in page
    shown = xml.etree.ElementTree.fromstring(page)
    _, parallel = shown.iter("{http://www.w3.org/2000/svg}svg")
    drawn = {int(path[0].text) for path in parallel.iter("{http://www.w3.org/2000/svg}path") if len(path)}
    assert set(range(4001 - 249, 4001 + 249)) <= drawn and len(drawn) < 2200
    assert len(shown.findall(".//details//tr")) == 1001


def test_algorithms_are_listed():
    assert {"random", "hyperband", "pbt"} <= set(search.algorithms())


def test_optimize_with_threads():
    threads = set()

    def objective(trial):
        threads.add(threading.get_ident())
        barrier.wait(timeout=10)
        return (trial["layers"] - 3) ** 2

    barrier = threading.Barrier(4)
    searching = study().optimize(objective, n_trials=40, jobs=4)
    assert len(searching) == 40
    assert len(threads) == 4
    assert searching.best["layers"] == 3


def test_optimize_and_failures():
    searching = study()

    def fails(trial):
        if trial.number == 1:
            raise ValueError("odd")
        if trial.number == 2:
            raise search.EarlyStopped
        return 1.0

    searching.optimize(fails, n_trials=3, catch=ValueError)
    assert [t.state for t in searching.trials] == ["SUCCEEDED", "FAILED", "EARLY_STOPPED"]
    assert searching.trials[1].message == "ValueError: odd"
    with pytest.raises(ZeroDivisionError):
        searching.optimize(lambda trial: 1 / 0, n_trials=5)
    assert len(searching) == 4
    with pytest.raises(kf.InvalidArgument, match="come to an end"):
        searching.optimize(lambda trial: 1)


def test_fixed_and_known_trials():
    searching = study()
    searching.enqueue({"layers": 7})
    assert searching.ask()["layers"] == 7
    known = {"rate": 0.01, "layers": 2, "act": None, "batch": 32}
    trial = searching.add(known, 0.25)
    assert trial.params == known
    assert searching.best == trial
    with pytest.raises(kf.NotFound, match="did you mean 'layers'"):
        searching.enqueue({"layer": 7})
    with pytest.raises(kf.InvalidArgument, match="no parameter where 'act'"):
        searching.add({**known, "width": 16}, 0.5)


def test_same_seed_same_trials():
    first, second, other = study(seed=5), study(seed=5), study(seed=6)
    points = [[s.ask().params for _ in range(5)] for s in (first, second, other)]
    assert points[0] == points[1] != points[2]


def test_a_study_in_a_store_goes_on(tmp_path):
    kept = dict(store=tmp_path, name="mine", seed=3)
    first = study(**kept)
    asked = first.ask()
    first.tell(first.ask(), 0.5)
    params = asked.params
    with pytest.raises(kf.Busy):
        study(**kept)
    del first, asked
    again = study(**kept)
    assert [t.state for t in again.trials] == ["RUNNING", "SUCCEEDED"]
    assert again.trials[0].params == params
    whole = study(seed=3)
    assert [t.params for t in [whole.ask(), whole.ask(), whole.ask()]][2] == again.ask().params
    with pytest.raises(kf.AlreadyExists, match="'mine'"):
        study(**{**kept, "seed": 4})


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: search.double(0, 1, distribution="log"), kf.InvalidArgument, "logUniform"),
        (lambda: search.double(0, 1, step=0), kf.InvalidArgument, "positive"),
        (lambda: search.int(0, 1.5), kf.TypeMismatch, "integer"),
        (lambda: search.int(0, 1, when={"a": 1, "b": 2}), kf.InvalidArgument, "one parameter"),
        (lambda: search.Study({"x": search.double(1, 0)}), kf.InvalidArgument, "above max"),
        (lambda: search.Study({"x": 3}), kf.TypeMismatch, "search.double"),
        (lambda: search.Study({}), kf.InvalidArgument, "parameter"),
        (lambda: study(direction="down"), kf.InvalidArgument, "minimize"),
        (lambda: study().best, kf.NotFound, "no trial"),
        (lambda: study().tell(0, 1), kf.NotFound, "trial 0"),
        (lambda: study(settings={"random_stat": 1}), kf.NotFound, "'random_state'"),
    ],
)
def test_what_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
