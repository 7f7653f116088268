"""The classification benchmark on a few domains with a small network."""

from __future__ import annotations

import json

import pytest

from benchmarks.cath import classification
from benchmarks.common import load_networks, spread

FEW = ["--domains", "90", "--train-domains", "80", "--seeds", "2", "--untrained", "2"]


@pytest.fixture(scope="module")
def record(weights, tmp_path_factory):
    output = tmp_path_factory.mktemp("classification") / "record.json"
    readouts = ["--readouts", "pairs@0.5", "offsets@1"]
    classification.main(["--weights", str(weights), *FEW, *readouts, "--json", str(output)])
    return json.loads(output.read_text(encoding="utf-8"))


@pytest.mark.slow
def test_every_method_is_judged_at_every_level(record, weights):
    chosen = record["readouts"]["chosen"]
    assert set(chosen) == {weights.name, "untrained"}
    own = dict.fromkeys(chosen, "protein")
    methods = {f"{name}, {part[name]}" for name in chosen for part in (chosen, own)}
    methods |= {"composition", "length"}
    expected = {(method, kind) for method in methods for kind in ("linear", "neighbors")}
    expected.add(("most frequent label", ""))
    places = {
        *(("halves", level) for level in classification.CATH_LEVELS),
        *(("unseen topologies", level) for level in ("class", "architecture")),
    }
    found: dict = {}
    for each in record["results"]:
        place = each["protocol"], each["level"]
        found.setdefault(place, set()).add((each["method"], each["classifier"]))
    assert set(found) == places
    assert all(of_place == expected for of_place in found.values())


@pytest.mark.slow
def test_figures_are_shares_over_divisions_and_networks(record):
    for each in record["results"]:
        count = 4 if each["method"].startswith("untrained") else 2
        for metric in ("accuracy", "macro_f1"):
            values = each[metric]["values"]
            assert len(values) == count and all(0 <= value <= 1 for value in values)
            assert each[metric]["mean"] == pytest.approx(sum(values) / count)


@pytest.mark.slow
def test_the_read_out_chosen_is_best_on_validation_domains(record):
    for name, scores in record["readouts"]["validation_scores"].items():
        assert scores[record["readouts"]["chosen"][name]] == max(scores.values())
        assert all(0 <= score <= 1 for score in scores.values())


@pytest.mark.slow
def test_choice_does_not_depend_on_test_domains(record, weights):
    networks = load_networks([weights], range(2))
    validation = spread(classification.load_domains()["validation"], 90)
    readouts = ["pairs@0.5", "offsets@1"]
    chosen, _ = classification.choose_readouts(networks, validation, readouts)
    assert chosen == record["readouts"]["chosen"]


@pytest.mark.slow
def test_divisions_are_counted(record):
    for each in record["divisions"]:
        assert 0 < each["labels_judged"] <= each["labels"]
        total = each["train"] + each["judged"]
        assert total <= (90 if each["protocol"] == "halves" else 80 + 90)
