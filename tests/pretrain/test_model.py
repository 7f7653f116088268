"""Tests of saving, loading and using a network with the recipe of its graphs."""

from __future__ import annotations

import json
import os
import pickle
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch_geometric.data import Batch, Data

from proteingraph.errors import WeightsError
from proteingraph.nn import Embeddings
from proteingraph.noise import NoiseSchedule
from proteingraph.pretrain import DenoisingModel
from proteingraph.testing import random_structure
from proteingraph.transforms import PerturbCoordinates

ARCHITECTURES = ["graph", "cond_resnet"]


def perturbed(size: int = 20) -> Data:
    data = random_structure(size, seed=2)
    data.seed = torch.tensor([5])
    return PerturbCoordinates(NoiseSchedule(), sigma=0.5)(data)


@pytest.fixture
def saved(tmp_path: Path, small_model: Callable[..., DenoisingModel]) -> Path:
    small_model().save_pretrained(tmp_path / "weights", {"steps": 3})
    return tmp_path / "weights"


def change(folder: Path, **settings: Any) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **settings}))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_round_trip(tmp_path: Path, small_model, architecture: str) -> None:
    model = small_model(architecture, embedding_sigma=0.25).eval()
    model.save_pretrained(tmp_path / "weights", {"steps": 3})
    loaded = DenoisingModel.from_pretrained(str(tmp_path / "weights"))
    assert not loaded.training
    assert loaded.settings == model.settings and loaded.embedding_sigma == 0.25
    assert repr(loaded) == repr(model)
    data = perturbed()
    with torch.no_grad():
        expected = model(model.prepare(data.clone()))
        assert expected.abs().max() > 0
        assert torch.equal(loaded(loaded.prepare(data.clone())), expected)
    assert sorted(os.listdir(tmp_path / "weights")) == ["config.json", "model.safetensors"]
    config = json.loads((tmp_path / "weights/config.json").read_text())
    assert config["format_version"] == 1 and config["training"] == {"steps": 3}


def test_whoever_may_read_the_settings_may_read_the_weights(tmp_path: Path, small_model) -> None:
    small_model().save_pretrained(tmp_path)
    modes = {path.name: path.stat().st_mode for path in tmp_path.iterdir()}
    assert modes["model.safetensors"] == modes["config.json"]


def test_saving_again_replaces(saved: Path, small_model) -> None:
    other = small_model()
    torch.nn.init.ones_(other.gradient.network[-1].weight)
    other.save_pretrained(saved)
    loaded = DenoisingModel.from_pretrained(saved)
    assert loaded.gradient is not None
    assert bool((loaded.gradient.network[-1].weight == 1).all())


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="nowhere: no folder of saved weights"):
        DenoisingModel.from_pretrained(tmp_path / "nowhere")


def test_a_file_instead_of_a_folder(saved: Path) -> None:
    with pytest.raises(WeightsError, match="no folder of saved weights"):
        DenoisingModel.from_pretrained(saved / "model.safetensors")


def test_missing_weights(saved: Path) -> None:
    (saved / "model.safetensors").unlink()
    with pytest.raises(WeightsError, match=r"no model\.safetensors beside config\.json"):
        DenoisingModel.from_pretrained(saved)


def test_truncated_weights(saved: Path) -> None:
    content = (saved / "model.safetensors").read_bytes()
    for size in (0, 7, 100, len(content) // 2, len(content) - 1):
        (saved / "model.safetensors").write_bytes(content[:size])
        with pytest.raises(WeightsError, match="damaged or no safetensors"):
            DenoisingModel.from_pretrained(saved)


def test_mutated_weights_never_raise_anything_else(saved: Path) -> None:
    content = (saved / "model.safetensors").read_bytes()
    rng = random.Random(0)
    for _ in range(30):
        mutated = bytearray(content)
        for _ in range(3):
            mutated[rng.randrange(2000)] = rng.randrange(256)
        (saved / "model.safetensors").write_bytes(bytes(mutated))
        try:
            DenoisingModel.from_pretrained(saved)
        except WeightsError as error:
            assert "model.safetensors" in str(error)


def test_weights_are_never_unpickled(saved: Path, tmp_path: Path) -> None:
    hit = tmp_path / "hit"

    class Bomb:
        def __reduce__(self) -> Any:
            return (Path.touch, (hit,))

    for content in (pickle.dumps(Bomb()), pickle.dumps({"a": Bomb()})):
        (saved / "model.safetensors").write_bytes(content)
        with pytest.raises(WeightsError):
            DenoisingModel.from_pretrained(saved)
    torch.save({"state_dict": Bomb()}, saved / "model.safetensors")
    with pytest.raises(WeightsError):
        DenoisingModel.from_pretrained(saved)
    assert not hit.exists()


@pytest.mark.parametrize("version", [0, 2, "1", None, [1]])
def test_other_format_version(saved: Path, version: Any) -> None:
    change(saved, format_version=version)
    with pytest.raises(WeightsError, match=r"format version .*, this release reads 1"):
        DenoisingModel.from_pretrained(saved)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "cannot be read as JSON"),
        (b"{", "cannot be read as JSON"),
        (b"\xff\xfe\x00", "cannot be read as JSON"),
        (b"[" * 100_000, "cannot be read as JSON"),
        (b"[]", "format version None"),
        (b"null", "format version None"),
        (b'{"format_version": 1}', "'architecture' is missing"),
    ],
)
def test_garbage_settings(saved: Path, content: bytes, message: str) -> None:
    (saved / "config.json").write_bytes(content)
    with pytest.raises(WeightsError, match=message):
        DenoisingModel.from_pretrained(saved)


@pytest.mark.parametrize(
    "settings",
    [
        {"architecture": "transformer"},
        {"architecture": None},
        {"architecture": "cond_resnet"},
        {"graph": {"k": 0}},
        {"graph": {"neighbours": 6}},
        {"graph": "k"},
        {"graph": 3},
        {"encoder": {"depth": 3}},
        {"encoder": {"channels": -3}},
        {"encoder": {"channels": 10**15}},
        {"encoder": {"layers": "two"}},
        {"encoder": ["layers"]},
        {"schedule": None},
        {"schedule": {"largest": 1.0, "smallest": 2.0, "levels": 3}},
        {"schedule": {"largest": "a", "smallest": 2.0, "levels": 3}},
        {"embedding_sigma": 0},
        {"embedding_sigma": "much"},
        {"embedding_sigma": None},
    ],
)
def test_settings_of_no_model(saved: Path, settings: dict[str, Any]) -> None:
    change(saved, **settings)
    with pytest.raises(WeightsError, match=r"config\.json: no settings of a model"):
        DenoisingModel.from_pretrained(saved)


@pytest.mark.parametrize(
    "settings",
    [
        {"encoder": {}},
        {"encoder": {"channels": 16, "pair_channels": 16, "hidden_channels": 16, "layers": 3}},
        {"architecture": "cond_resnet", "graph": {}, "encoder": {"blocks": 1}},
        {"graph": {"k": 6, "orientation": False}},
    ],
)
def test_settings_that_do_not_fit_the_weights(saved: Path, settings: dict[str, Any]) -> None:
    change(saved, **settings)
    with pytest.raises(WeightsError, match=r"model\.safetensors: does not fit config\.json"):
        DenoisingModel.from_pretrained(saved)


def test_weights_that_lack_a_parameter(saved: Path) -> None:
    state = load_file(saved / "model.safetensors")
    state.pop("gradient.network.2.bias")
    save_file(state, saved / "model.safetensors")
    with pytest.raises(WeightsError, match=r"does not fit.*gradient\.network\.2\.bias"):
        DenoisingModel.from_pretrained(saved)


def test_arguments_are_checked() -> None:
    with pytest.raises(ValueError, match='must be "graph" or "cond_resnet"'):
        DenoisingModel("unet")
    with pytest.raises(ValueError, match="takes no graph settings"):
        DenoisingModel("cond_resnet", graph={"k": 3})


def test_levels_of_the_dense_network_stay(small_model) -> None:
    small_model().set_schedule(NoiseSchedule(1.0, 0.1, 3))
    dense = small_model("cond_resnet")
    dense.set_schedule(NoiseSchedule())
    with pytest.raises(ValueError, match="cond_resnet has parameters for each level"):
        dense.set_schedule(NoiseSchedule(1.0, 0.1, 3))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_embeds_a_batch_as_its_members(small_model, architecture: str) -> None:
    model = small_model(architecture).eval()
    sizes = [12, 1, 20]
    structures = [random_structure(size, seed=size) for size in sizes]
    with torch.no_grad():
        whole = model.embed(Batch.from_data_list(structures))
        single = [model.embed(structure.clone()) for structure in structures]
        told = model.embed(structures[0].clone(), sigma=5.0)
    assert isinstance(whole, Embeddings)
    assert whole.residue.size(0) == sum(sizes) and whole.protein.size(0) == 3
    for name in ("residue", "pair", "protein"):
        joined = torch.cat([getattr(one, name) for one in single])
        assert torch.allclose(getattr(whole, name), joined, atol=1e-4), name
    assert not torch.allclose(told.residue, single[0].residue)


def test_network_that_sees_the_backbone(small_model) -> None:
    model = small_model(graph={"k": 6, "offsets": [1], "backbone": True}).eval()
    assert model.backbone and not small_model().backbone
    with torch.no_grad():
        seen = model.embed(random_structure(15, seed=1)).residue
        moved = random_structure(15, seed=1)
        moved.backbone[:, 0] += 0.3
        assert not torch.allclose(model.embed(moved).residue, seen)


def test_weights_of_a_run_that_diverged(saved: Path) -> None:
    state = load_file(saved / "model.safetensors")
    name = sorted(state)[0]
    state[name].view(-1)[0] = float("nan")
    save_file(state, saved / "model.safetensors")
    with pytest.raises(WeightsError, match=f"{name} holds values that are no numbers"):
        DenoisingModel.from_pretrained(saved)


@pytest.mark.parametrize(
    ("group", "name", "value"),
    [
        ("encoder", "layers", 10**7),
        ("encoder", "channels", 10**9),
        ("encoder", "dropout", "x"),
        ("encoder", "dropout", 2),
        ("graph", "k", 2.5),
        ("graph", "offsets", "abc"),
        ("schedule", "levels", 10**9),
        ("schedule", "levels", 10.5),
    ],
)
def test_hostile_settings_end_at_once(saved: Path, group: str, name: str, value: Any) -> None:
    settings = json.loads((saved / "config.json").read_text())
    settings[group][name] = value
    (saved / "config.json").write_text(json.dumps(settings))
    with pytest.raises(WeightsError, match=r"config\.json: no settings of a model"):
        DenoisingModel.from_pretrained(saved)
