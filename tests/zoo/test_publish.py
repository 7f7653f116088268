"""Tests of making a folder of the zoo from a run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import load_file

from proteingraph.errors import ConfigError, WeightsError
from proteingraph.pretrain import DenoisingModel
from proteingraph.zoo import load_model, load_task
from proteingraph.zoo.about import About, read_about
from proteingraph.zoo.change import TOLERANCE, output_change
from proteingraph.zoo.publish import main, publish
from proteingraph.zoo.record import check_files

ABOUT = {
    "name": "tiny.test",
    "description": "A network for this test.",
    "licence": "MIT",
    "objective": "none",
    "data": {"description": "d", "licence": "l", "held_out": "h", "caveat": "c"},
    "command": "proteingraph pretrain x",
    "commit": "c628809",
    "hardware": "this machine",
    "use": "none",
    "limits": ["untrained"],
    "judged_on": "nothing",
}
TRAINING = {
    "torch": "2.13.0",
    "machine": "x86_64",
    "device": "cpu",
    "chains": 3,
    "steps": 5,
    "residues": 100,
    "seconds": 1.5,
    "init": None,
    "config": {"seed": 7},
    "metrics": {"validation/mse_10": 0.5, "validation/mse_0.1": 0.9, "validation/mse": 0.7},
}


@pytest.fixture
def about(tmp_path: Path) -> About:
    (tmp_path / "about.yaml").write_text(yaml.safe_dump(ABOUT))
    return read_about([tmp_path / "about.yaml"])


@pytest.fixture
def save(weights: Path, tmp_path: Path) -> Callable[..., Path]:
    """Save the network of random weights as a run, changed by a function."""

    def save(change: Callable[[DenoisingModel], Any] = lambda model: None) -> Path:
        model = DenoisingModel.from_pretrained(weights)
        assert model.gradient is not None
        torch.manual_seed(0)
        torch.nn.init.normal_(model.gradient.network[-1].weight)
        with torch.no_grad():
            change(model)
        model.save_pretrained(tmp_path / "run", TRAINING)
        return tmp_path / "run"

    return save


def test_publishes_half_precision_and_a_record(
    save: Callable[..., Path], about: About, tmp_path: Path
) -> None:
    run, folder = save(), tmp_path / "tiny.test"
    record = publish(run, folder, about)
    assert check_files(folder) == record
    full, half = (load_file(path / "model.safetensors") for path in (run, folder))
    assert half.keys() == full.keys()
    for name, value in full.items():  # vectors stay as they are
        assert torch.equal(half[name], value.half() if value.dim() > 1 else value), name
        assert half[name].dtype == (torch.float16 if value.dim() > 1 else torch.float32)
    model = load_model(folder)
    assert {value.dtype for value in model.state_dict().values()} == {torch.float32}
    assert 0 < record.rounding <= TOLERANCE
    assert output_change(DenoisingModel.from_pretrained(run), model) == record.rounding
    assert (record.run.seed, record.run.steps, record.data.chains) == (7, 5, 3)
    assert [(row.sigma, row.error) for row in record.results.denoising] == [(10, 0.5), (0.1, 0.9)]
    assert record.parameters == sum(p.numel() for p in model.parameters())


def test_values_too_large_for_half_precision(
    save: Callable[..., Path], about: About, tmp_path: Path
) -> None:
    run = save(lambda model: model.encoder.node_in.weight.fill_(1e5))
    with pytest.raises(
        WeightsError, match=r"encoder\.node_in\.weight has values too large for half"
    ):
        publish(run, tmp_path / "out", about)
    assert not (tmp_path / "out").exists()


def test_outputs_that_half_precision_changes(
    save: Callable[..., Path], about: About, tmp_path: Path
) -> None:
    def shrink(model: DenoisingModel) -> None:
        assert model.gradient is not None  # below the smallest half: gradients vanish
        model.gradient.network[-1].weight.fill_(1e-9)
        model.gradient.network[-1].bias.zero_()

    with pytest.raises(WeightsError, match=r"outputs change by \S+ \(relative\), more than 0\.01"):
        publish(save(shrink), tmp_path / "out", about)
    assert not (tmp_path / "out").exists()


def test_run_without_a_record(weights: Path, about: About, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no record of a run"):
        publish(weights, tmp_path / "out", about)


def test_wrong_commit(save: Callable[..., Path], about: About, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"tiny\.test: .*String should match"):
        publish(save(), tmp_path / "out", replace(about, commit="yesterday"))


def figures(error: float, rmsd: float) -> dict[str, Any]:
    return {
        "unit_noise_error": {"one step": {"mean": error}},
        "rmsd": {"perturbed": {"mean": 2 * rmsd}, "one step": {"mean": rmsd}},
    }


def test_benchmarks_are_told_apart_by_the_hash_of_their_weights(
    save: Callable[..., Path], about: About, tmp_path: Path
) -> None:
    run = save()
    ours = hashlib.sha256((run / "model.safetensors").read_bytes()).hexdigest()
    networks = {"a": {"weights_sha256": "0" * 64}, "b": {"weights_sha256": ours}, "untrained": {}}
    common = {"command": "python bench", "commit": "c628809" + "0" * 33, "networks": networks}
    denoising = {
        **common,
        "benchmark": "cath/denoising",
        "settings": {"domains": 160, "noise_seeds": 3},
        "one_step": {
            "a": {"1": figures(0.1, 0.1)},
            "b": {"0.5": figures(0.3, 0.5), "1": figures(0.4, 1.0)},
        },
    }
    search = {"family": 0.8, "superfamily": 0.6, "fold": 0.2, "top1": 0.9}
    untrained = [{**search, "top1": 0.5}, {**search, "top1": 0.7}]
    retrieval = {
        **common,
        "benchmark": "scop/retrieval",
        "searches": {"a": "p", "b": "directed", "untrained": "plain"},
        "test": {
            "queries": {"top1": 539},
            "figures": {"a: p": [], "b: directed": [search], "untrained: plain": untrained},
        },
    }
    files = [tmp_path / "denoising.json", tmp_path / "retrieval.json"]
    for path, content in zip(files, (denoising, retrieval), strict=True):
        path.write_text(json.dumps(content))
    results = publish(run, tmp_path / "out", about, files).results
    rows = [(row.sigma, row.error, row.rmsd_denoised) for row in results.denoising]
    assert rows == [(1, 0.4, 1.0), (0.5, 0.3, 0.5)]
    assert "160 test domains" in results.denoising_on and "commit c628809." in results.denoising_on
    found = [(row.method, row.top1) for row in results.retrieval]
    assert found == [("directed", 0.9), ("untrained: plain", pytest.approx(0.6))]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"networks": {"a": {"weights_sha256": "0" * 64}}}, "no figures of weights"),
        ({"networks": {}}, "no figures of weights"),
        ({}, "not as a benchmark writes it"),
        ([], "not as a benchmark writes it"),
        ({"zoo_results": {"weights_sha256": "0" * 64, "rows": []}}, "no figures of weights"),
        ({"zoo_results": {"rows": []}}, "not as a benchmark writes it"),
    ],
)
def test_benchmarks_of_other_weights(
    save: Callable[..., Path], about: About, tmp_path: Path, content: Any, message: str
) -> None:
    path = tmp_path / "results.json"
    path.write_text(json.dumps(content))
    with pytest.raises(ConfigError, match=rf"results\.json: .*{message}"):
        publish(save(), tmp_path / "out", about, [path])


def test_a_task_with_what_benchmarks_measured(
    trained: Path, about_task: About, tmp_path: Path
) -> None:
    row = {
        "on": "held-out domains",
        "track": "structure and sequence",
        "measures": {"pearson": {"mean": 0.7, "std": 0.01, "runs": 3}, "mae": {"mean": 0.1}},
    }
    ours = hashlib.sha256((trained / "model.safetensors").read_bytes()).hexdigest()
    common = {"benchmark": "quality/x", "command": "python bench", "commit": "c628809" + "0" * 33}
    files = [tmp_path / "a.json", tmp_path / "b.json"]
    for path in files:
        measured = {"weights_sha256": ours, "rows": [{**row, "on": path.stem}]}
        path.write_text(json.dumps({**common, "zoo_results": measured}))
    folder = tmp_path / about_task.name
    record = publish(trained, folder, about_task, files, base="dsm_tiny")
    assert check_files(folder) == record and 0 < record.rounding <= TOLERANCE
    task = record.task
    assert task is not None and (task.level, task.kind, task.name) == (
        "residue",
        "regression",
        "crowding",
    )
    assert (task.features, task.validation_chains, task.seeds) == ((), 12, (0, 1, 2))
    run = record.run
    assert (run.seed, run.steps, run.residues, run.init) == (5, 3, None, "dsm_tiny.pdb2018")
    assert run.hardware == "this machine"
    assert [result.on for result in record.results.task] == ["a", "b"]
    first = record.results.task[0]
    assert str(first.measures["pearson"]) == "0.700 ± 0.010" and first.measures["mae"].runs == 1
    assert record.results.task_on.count("`python bench` at commit c628809.") == 2
    heads = [load_file(path / "head.safetensors") for path in (trained, folder)]
    for name, value in heads[0].items():
        assert torch.equal(heads[1][name], value.half() if value.dim() > 1 else value)
    sizes = [(folder / name).stat().st_size for name in ("model.safetensors", "head.safetensors")]
    assert record.size == sum(sizes)


def test_a_task_whole(trained: Path, about_task: About, tmp_path: Path) -> None:
    about = replace(about_task, training={"init": "dsm_tiny", "machine": "m", "steps": 99})
    record = publish(trained, tmp_path / "out", about)
    assert record.base is None and record.run.init == "dsm_tiny" and record.run.steps == 3
    assert record.run.hardware == "this machine (m)"
    assert isinstance(load_model(tmp_path / "out"), DenoisingModel)
    assert load_task(tmp_path / "out").target.name == "crowding"
    with pytest.raises(ConfigError, match="'init' is missing"):
        publish(trained, tmp_path / "other", about_task)


def test_no_steps_need_a_base(save: Callable[..., Path], about: About, tmp_path: Path) -> None:
    run = save()
    config = json.loads((run / "config.json").read_text())
    config["training"]["steps"] = 0
    (run / "config.json").write_text(json.dumps(config))
    with pytest.raises(ConfigError, match="without a step need a base"):
        publish(run, tmp_path / "out", about)


def test_command_line(trained: Path, about_task: About, tmp_path: Path, capsys) -> None:
    (tmp_path / "about.yaml").write_text(yaml.safe_dump(asdict(about_task)))
    where = [str(trained), "-o", str(tmp_path / "out"), "--about", str(tmp_path / "about.yaml")]
    main([*where, "--base", "dsm_tiny"])
    record = check_files(tmp_path / "out")
    assert record.base is not None and record.base.name == "dsm_tiny.pdb2018"
    assert f"crowd_tiny.test: {record.size:,} bytes" in capsys.readouterr().out
