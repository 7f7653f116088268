"""The benchmark of fold classification on a few domains with a small network."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.scop import fold_classification as benchmark


@pytest.fixture(scope="module")
def record(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> dict:
    output = tmp_path_factory.mktemp("folds") / "record.json"
    short = ["--domains", "120", "--steps", "1", "--seeds", "2", "--crop", "30", "--jobs", "1"]
    benchmark.main(["--weights", str(weights), "--json", str(output), *short])
    return json.loads(output.read_text(encoding="utf-8"))


@pytest.mark.slow
def test_every_method_is_judged_with_every_seed(record: dict, weights: Path) -> None:
    name = weights.name
    methods = [
        f"{name}, pre-trained",
        f"{name}, from scratch",
        f"{name}, nearest domain",
        "composition, nearest domain",
        "commonest fold",
    ]
    runs = {(run["method"], run["seed"]) for run in record["runs"]}
    assert runs == {(method, seed) for method in methods for seed in (0, 1)}
    for run in record["runs"]:
        assert all(0 <= run[name] <= 1 for name in ("fold", "superfamily", "family"))
    assert not record["structures_seen_unlabelled"]
    assert sum(record["sets_of_seed_0"].values()) == record["domains"] == 120


def test_domains_that_pre_training_saw_are_told_apart() -> None:
    unseen, labels = benchmark.Domains(benchmark.SPLITS["unseen"]).read()
    assert len(unseen) == len(labels) == 204 + 557
    assert len(np.unique(labels)) == len({code.rsplit(".", 2)[0] for code in unseen.labels["sccs"]})
    assert set(unseen.labels["split"]) == {"validation", "test"}


def test_judged_by_hand() -> None:
    sets = np.array(["train", "fold", "fold", "fold", "fold", "superfamily", "family", "family"])
    labels = np.array([0, 0, 0, 0, 1, 2, 0, 1])
    guess = np.array([5, 0, 0, 2, 0, 2, 1, 1])
    assert benchmark.judge(sets, labels, guess) == pytest.approx(
        {
            "fold": 0.5,
            "fold_by_fold": (2 / 3 + 0) / 2,
            "superfamily": 1.0,
            "superfamily_by_fold": 1.0,
            "family": 0.5,
            "family_by_fold": 0.5,
        }
    )


def test_the_commonest_fold_by_hand() -> None:
    pack, labels = benchmark.Domains(("validation",)).read()
    records = benchmark.judge_untrained([], pack, labels, seeds=1)
    (commonest,) = [one for one in records if one["method"] == "commonest fold"]
    sets = benchmark.deal(pack, 0)
    most = np.bincount(labels[sets == "train"]).argmax()
    assert commonest["family"] == pytest.approx(np.mean(labels[sets == "family"] == most))
