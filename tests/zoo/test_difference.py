"""Tests of weights that are stored as what differs from others."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save

from proteingraph.errors import WeightsError
from proteingraph.nn import Whitening
from proteingraph.pretrain import DenoisingModel
from proteingraph.zoo import create_model, list_models, load_model
from proteingraph.zoo.difference import difference
from proteingraph.zoo.publish import publish
from proteingraph.zoo.record import describe_file

RUN = {
    "torch": "2.13.0",
    "chains": 3,
    "steps": 0,
    "residues": 0,
    "seconds": 1.5,
    "config": {"seed": 7},
}


def test_what_differs_is_kept_whole() -> None:
    base = {"a": torch.ones(2, 2), "b": torch.zeros(2), "gone": torch.ones(1)}
    state = {
        "a": torch.tensor([[1.0, 1], [1, 2]]),
        "b": torch.zeros(2),
        "new": torch.ones(1),
    }
    kept = difference(state, base)
    assert set(kept) == {"a", "new"} and torch.equal(kept["a"], state["a"])
    halves = {"b": torch.zeros(2, dtype=torch.float16)}
    assert set(difference(halves, base)) == {"b"}
    assert set(difference({"b": torch.zeros(3)}, base)) == {"b"}


@pytest.fixture
def readout(zoo: Path, about_task, tmp_path: Path) -> Path:
    """The smallest network with another read-out, of 20 columns, as a folder of the zoo."""
    model = load_model(zoo)
    pooled = model.readout.pooled_channels
    axes = torch.randn(pooled, 20, generator=torch.Generator().manual_seed(0))
    model.set_readout(Whitening(torch.zeros(pooled).double().numpy(), axes.double().numpy()))
    model.embedding_sigma = 1.0
    model.save_pretrained(tmp_path / "run", RUN)
    folder = zoo.with_name(about_task.name)
    publish(tmp_path / "run", folder, about_task, base=zoo.name)
    return folder


def test_a_readout_in_closed_form(zoo: Path, readout: Path, tmp_path: Path) -> None:
    own = load_file(readout / "model.safetensors")
    assert set(own) == {"readout.axes", "readout.mean"}
    assert own["readout.axes"].dtype == torch.float16
    whole, base = DenoisingModel.from_pretrained(tmp_path / "run"), load_model(zoo)
    for source in (readout.name, "crowd_tiny", readout, str(readout)):
        model = load_model(source)
        assert not model.training and model.settings == whole.settings
        assert model.readout.columns == 20 and base.readout.columns == 64
        for name, value in model.state_dict().items():
            expected = whole.state_dict()[name]
            assert value.dtype == expected.dtype
            assert torch.equal(value, expected.half().float() if value.dim() > 1 else expected)
    again = DenoisingModel.from_pretrained(readout).state_dict()
    assert all(torch.equal(value, again[name]) for name, value in model.state_dict().items())
    assert list_models() == sorted([zoo.name, readout.name])
    assert (
        create_model("crowd_tiny", pretrained=False).settings["encoder"]
        == (whole.settings["encoder"])
    )


def test_what_the_network_does_not_have_is_dropped(zoo: Path, about_task, tmp_path: Path) -> None:
    model = load_model(zoo)
    model.set_readout(None)
    model.save_pretrained(tmp_path / "run", RUN)
    folder = zoo.with_name(about_task.name)
    publish(tmp_path / "run", folder, about_task, base=zoo.name)
    assert load_file(folder / "model.safetensors") == {}
    assert load_model(folder).readout.columns == 0
    assert load_model(folder).state_dict().keys() == model.state_dict().keys()


def test_another_base_is_refused_with_both_hashes(zoo: Path, readout: Path) -> None:
    file = zoo / "model.safetensors"
    expected = describe_file(file).sha256
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    actual = describe_file(file).sha256
    for load in (load_model, DenoisingModel.from_pretrained):
        with pytest.raises(
            WeightsError, match=f"{zoo.name}.*expected SHA-256 {expected}.*{actual}"
        ):
            load(readout)
    shutil.rmtree(zoo)
    with pytest.raises(WeightsError, match="others differ from these weights"):
        load_model(readout)


def test_weights_that_neither_has(zoo: Path, readout: Path) -> None:
    record = json.loads((readout / "record.json").read_text())
    file = readout / "model.safetensors"
    file.write_bytes(save({"readout.mean": load_file(file)["readout.mean"]}))
    described = describe_file(file)
    record["weights"] = {"sha256": described.sha256, "size": described.size}
    (readout / "record.json").write_text(json.dumps(record))
    with pytest.raises(WeightsError, match=r"does not fit config\.json"):  # the base's 64 columns
        load_model(readout)


def test_a_base_must_be_whole(readout: Path, about_task, tmp_path: Path) -> None:
    with pytest.raises(
        WeightsError, match=r"crowd_tiny\.test differs from dsm_tiny\.pdb2018 itself"
    ):
        publish(tmp_path / "run", tmp_path / "out", about_task, base="crowd_tiny")
    with pytest.raises(WeightsError, match="did you mean dsm_tiny"):
        publish(tmp_path / "run", tmp_path / "out", about_task, base="dsm_tyni")
    assert not (tmp_path / "out").exists()
