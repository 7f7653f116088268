"""Tests of the shipped weights, and of networks by name."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from proteingraph.datasets import CathScopMini
from proteingraph.errors import WeightsError
from proteingraph.pretrain import DenoisingModel, estimate_gradient
from proteingraph.tasks import TaskModel
from proteingraph.transforms import PerturbCoordinates
from proteingraph.zoo import (
    create_model,
    list_models,
    load_model,
    load_task,
    model_record,
    registry,
)
from proteingraph.zoo.record import check_files

NAMES = list_models()
LIMIT = 20_000_000


def unit_noise_error(model: DenoisingModel, sigma: float, count: int) -> float:
    """Mean squared error of the unit noise over held-out domains."""
    domains, errors = CathScopMini("validation"), []
    for row in range(0, len(domains), len(domains) // count):
        data = domains[row]
        data.seed = torch.tensor([row])
        data = PerturbCoordinates(sigma=sigma)(data)
        gradient = estimate_gradient(model, data, sigma)
        errors.append((sigma * (gradient - data.score)).square().mean())
    return float(torch.stack(errors).mean())


def test_shipped_names() -> None:
    assert {"condresnet.pdb2018", "dsm_small.pdb2018"} <= set(NAMES)
    assert sorted(NAMES) == NAMES


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("dsm_small", ["dsm_small.pdb2018"]),
        ("*.pdb2018", [name for name in NAMES if name.endswith(".pdb2018")]),
        ("cond*", ["condresnet.pdb2018"]),
        ("small.pdb", ["dsm_small.pdb2018"]),
        ("small*", []),
        ("nothing", []),
        ("", NAMES),
    ],
)
def test_filter(pattern: str, expected: list[str]) -> None:
    assert list_models(pattern) == expected


@pytest.mark.parametrize("name", NAMES)
def test_shipped_weights_are_what_their_record_says(name: str) -> None:
    folder = registry.SHIPPED / name
    record = check_files(folder)
    assert record == model_record(name) and record.name == name
    assert {p.name for p in folder.iterdir()} == {"record.json", *record.files}
    stored = [load_file(path) for path in folder.glob("*.safetensors")]
    matrices = [value for state in stored for value in state.values() if value.dim() > 1]
    assert {value.dtype for value in matrices} == {torch.float16}
    model = load_model(name)
    assert not model.training and model.architecture == record.architecture
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert sum(p.numel() for p in model.parameters()) == record.parameters
    schedule, noise = model.schedule, record.noise
    assert (schedule.largest, schedule.smallest) == (noise.largest, noise.smallest)
    assert (schedule.levels, schedule.tilt) == (noise.levels, noise.tilt)
    if record.task is not None:
        target = load_task(name).target
        assert (target.level, target.kind, target.name) == (
            record.task.level,
            record.task.kind,
            record.task.name,
        )


def test_the_shipped_weights_stay_small() -> None:
    assert sum(path.stat().st_size for path in registry.SHIPPED.rglob("*.*")) < LIMIT


def test_each_architecture_has_one_default() -> None:
    defaults = [name.partition(".")[0] for name in NAMES if model_record(name).default]
    assert sorted(defaults) == sorted({name.partition(".")[0] for name in NAMES})


@pytest.mark.parametrize("name", [n for n in NAMES if n.startswith("dsm_")])
def test_recorded_error_is_measured_again(name: str) -> None:
    recorded = model_record(name).results.error_at(1.0)
    assert recorded is not None
    assert unit_noise_error(load_model(name), 1.0, 20) == pytest.approx(recorded, rel=0.1)


def test_architecture_alone_means_its_default() -> None:
    assert model_record("dsm_small").name == "dsm_small.pdb2018"


def test_default_among_several_tags(zoo: Path) -> None:
    arch, _, _ = zoo.name.partition(".")
    for tag, default in (("b", True), ("a", False)):
        copy = zoo.with_name(f"{arch}.{tag}")
        shutil.copytree(zoo, copy)
        record = json.loads((copy / "record.json").read_text())
        record |= {"default": default, "name": copy.name}
        (copy / "record.json").write_text(json.dumps(record))
    record = json.loads((zoo / "record.json").read_text())
    (zoo / "record.json").write_text(json.dumps({**record, "default": False}))
    assert list_models() == sorted([f"{arch}.a", f"{arch}.b", zoo.name])
    assert model_record(arch).name == f"{arch}.b"


def test_new_parameters_in_the_same_architecture() -> None:
    torch.manual_seed(0)
    new = create_model("dsm_small", pretrained=False)
    trained = create_model("dsm_small")
    # The scale of protein embeddings is that of the trained ones.
    assert new.settings == {**trained.settings, "readout": 0}
    assert new.training and not trained.training
    trained.set_readout(None)
    fresh, learnt = new.state_dict(), trained.state_dict()
    assert {k: v.shape for k, v in fresh.items()} == {k: v.shape for k, v in learnt.items()}
    name = "encoder.node_in.weight"
    assert not torch.allclose(fresh[name], learnt[name], atol=0.01)
    assert not torch.equal(
        create_model("dsm_small", pretrained=False).state_dict()[name], fresh[name]
    )


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("dsm_smal", r"did you mean .*dsm_small"),
        ("dsm_small.pdb2019", r"did you mean .*dsm_small\.pdb2018"),
        ("DSM_SMALL", "There are condresnet"),
        ("", "There are condresnet"),
    ],
)
def test_wrong_name(name: str, near: str) -> None:
    for call in (load_model, create_model, model_record, load_task):
        with pytest.raises(WeightsError, match=near):
            call(name)


def test_tampered_weights_are_refused(zoo: Path) -> None:
    path = zoo / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    for source in (zoo.name, zoo, str(zoo)):
        with pytest.raises(WeightsError, match=r"expected SHA-256 .*, got "):
            load_model(source)
    (zoo / "record.json").unlink()
    assert isinstance(load_model(zoo), DenoisingModel)


def test_folder_without_a_record(weights: Path) -> None:
    loaded = load_model(str(weights))
    assert loaded.settings == DenoisingModel.from_pretrained(weights).settings


def test_a_name_of_the_zoo_wins_over_a_folder(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(weights, tmp_path / "dsm_small")
    monkeypatch.chdir(tmp_path)
    small = {source: load_model(source).settings for source in ("./dsm_small", Path("dsm_small"))}
    assert all(s == DenoisingModel.from_pretrained(weights).settings for s in small.values())
    assert load_model("dsm_small").settings != small["./dsm_small"]


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no folder of saved weights"):
        load_model(tmp_path / "dsm_small")


def test_a_task_by_name_and_by_folder(task: Path, trained: Path, zoo: Path) -> None:
    whole = TaskModel.from_pretrained(trained)
    domains = [CathScopMini("validation")[row] for row in (0, 1)]
    expected = whole.predict(domains)
    for source in ("crowd_tiny", task.name, task, str(task), trained, str(trained)):
        loaded = load_task(source)
        assert not loaded.task.training and loaded.target == whole.target
        assert (loaded.interval, loaded.threshold) == (whole.interval, whole.threshold)
        assert loaded.interval is not None
        for one, two in zip(loaded.predict(domains), expected, strict=True):
            np.testing.assert_allclose(one.values, two.values, rtol=0.01)
    state = load_task(task).task.model.state_dict()
    shipped = TaskModel.from_pretrained(task).task.model.state_dict()
    network = load_model("crowd_tiny")
    assert isinstance(network, DenoisingModel)
    for name, value in network.state_dict().items():
        assert torch.equal(value, state[name]) and torch.equal(value, shipped[name])
    # Not trained by labels, so the base's; the encoder was.
    base = load_model(zoo).state_dict()
    assert torch.equal(state["gradient.network.0.weight"], base["gradient.network.0.weight"])
    assert not torch.equal(state["encoder.node_in.weight"], base["encoder.node_in.weight"])
    assert list_models() == [task.name, zoo.name]


@pytest.mark.parametrize(
    "name", ["model.safetensors", "config.json", "head.safetensors", "task.json"]
)
def test_tampered_tasks_are_refused(task: Path, name: str) -> None:
    content = bytearray((task / name).read_bytes())
    content[-5] ^= 1
    (task / name).write_bytes(content)
    for source in (task.name, task):
        with pytest.raises(WeightsError, match=f"{name}: .*expected SHA-256 .*, got "):
            load_task(source)


def test_no_task_there(task: Path, zoo: Path, weights: Path) -> None:
    with pytest.raises(WeightsError, match="did you mean crowd_tiny"):
        load_task("crowd_tinny")
    with pytest.raises(WeightsError, match=f"{zoo.name} is a network without a task"):
        load_task("dsm_tiny")
    for source in (weights, weights / "absent"):
        with pytest.raises(WeightsError, match=r"no folder of a trained task \(task\.json"):
            load_task(source)


def test_loading_needs_neither_pickle_nor_network() -> None:
    code = """
import pickle, socket, torch
from proteingraph.zoo import load_model
def refuse(*args, **kwargs): raise AssertionError("not without being asked")
pickle.load = pickle.loads = pickle.Unpickler = torch.load = refuse
socket.socket.connect = socket.getaddrinfo = refuse
print(load_model("dsm_small").architecture)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout.strip() == "graph", run.stderr
