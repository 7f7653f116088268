"""Tests of weights on a hub: a real client against a server on this machine."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from helpers.hub_server import TOKEN, HubServer, hub_server
from huggingface_hub import constants

from proteingraph.errors import WeightsError
from proteingraph.nn import GraphEncoder
from proteingraph.pretrain import DenoisingModel
from proteingraph.zoo import load_model
from proteingraph.zoo.hub import is_hub_id

ID = "someone/weights"
FILES = ["config.json", "model.safetensors"]


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """A hub that the client asks, with a cache of its own."""
    with hub_server() as server:
        monkeypatch.setattr(constants, "ENDPOINT", server.url)
        template = f"{server.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.chdir(tmp_path)
        yield server


def same(model: DenoisingModel, other: DenoisingModel) -> bool:
    states = model.state_dict(), other.state_dict()
    return all(torch.equal(states[0][name], states[1][name]) for name in states[0] | states[1])


def served(server: HubServer) -> list[str]:
    files = [path for method, path in server.asked if method == "GET" and "/resolve/" in path]
    return [path.rpartition("/")[2] for path in files]


def test_downloads_what_is_needed_and_keeps_it(hub: HubServer, weights: Path) -> None:
    hub.put_folder(ID, weights)
    hub.commit(ID, {"model.pkl": b"never", "README.md": b"# weights"})
    loaded = DenoisingModel.from_pretrained(ID)
    assert not loaded.training and same(loaded, DenoisingModel.from_pretrained(weights))
    assert sorted(served(hub)) == FILES
    assert same(load_model(ID), loaded)
    assert sorted(served(hub)) == FILES
    encoder = GraphEncoder.from_pretrained(ID)
    assert torch.equal(encoder.node_in.weight, loaded.encoder.node_in.weight)


def test_another_revision_and_cache(hub: HubServer, weights: Path, tmp_path: Path) -> None:
    first = hub.put_folder(ID, weights)
    model = DenoisingModel.from_pretrained(weights)
    torch.nn.init.ones_(model.gradient.network[-1].weight)
    model.save_pretrained(tmp_path / "later")
    hub.put_folder(ID, tmp_path / "later")
    assert same(load_model(ID), model)
    old = load_model(ID, revision=first, cache_dir=tmp_path / "other")
    assert same(old, DenoisingModel.from_pretrained(weights)) and not same(old, model)
    assert list((tmp_path / "other").glob(f"*/snapshots/{first}/model.safetensors"))
    with pytest.raises(WeightsError, match="has no revision 'v9'"):
        load_model(ID, revision="v9")


def test_what_is_in_the_cache_needs_no_hub(hub: HubServer, weights: Path, zoo: Path) -> None:
    for name, folder in ((ID, weights), ("someone/recorded", zoo)):
        hub.put_folder(name, folder)
        model = load_model(name)
        hub.asked.clear()
        assert same(load_model(name, local_files_only=True), model)
        assert hub.asked == []
    hub.shutdown()
    hub.server_close()
    assert same(load_model("someone/recorded"), model)


def test_a_record_that_nobody_said_is_absent_is_asked_for(
    hub: HubServer, weights: Path, tmp_path: Path
) -> None:
    hub.put_folder(ID, weights)
    load_model(ID)
    (absent,) = (tmp_path / "cache").rglob("record.json")
    absent.unlink()
    with pytest.raises(WeightsError, match="nothing of it in the cache"):
        load_model(ID, local_files_only=True)
    load_model(ID)
    assert list((tmp_path / "cache").rglob("record.json")) == [absent]


def test_hub_that_cannot_be_reached(hub: HubServer, capfd: pytest.CaptureFixture[str]) -> None:
    hub.shutdown()
    hub.server_close()
    with pytest.raises(WeightsError, match=rf"{ID}: no folder .*{hub.url} cannot be reached"):
        load_model(ID)
    assert capfd.readouterr().err == ""


def test_offline_mode(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    for options in ({}, {"local_files_only": True}):
        with pytest.raises(WeightsError, match=f"{ID}: no folder .* nothing of it in the cache"):
            load_model(ID, **options)
    assert hub.asked == []


def test_no_such_repository(hub: HubServer) -> None:
    with pytest.raises(WeightsError, match=f"{ID}: no folder of .* and no repository of that name"):
        load_model(ID)


def test_hub_out_of_order(hub: HubServer) -> None:
    hub.faults = [500] * 3  # the client asks for other things as well
    with pytest.raises(WeightsError, match=f"refuses to give {ID}: .*500"):
        load_model(ID)


@pytest.mark.parametrize("name", FILES)
def test_repository_of_something_else(hub: HubServer, weights: Path, name: str) -> None:
    hub.commit(ID, {name: (weights / name).read_bytes()})
    with pytest.raises(WeightsError, match=r"lacks config\.json or model\.safetensors"):
        load_model(ID)


def test_pickles_are_not_loaded(hub: HubServer, weights: Path, tmp_path: Path) -> None:
    hit = tmp_path / "hit"

    class Bomb:
        def __reduce__(self) -> Any:
            return (Path.touch, (hit,))

    hub.put_folder(ID, weights)
    hub.commit(ID, {"model.safetensors": pickle.dumps(Bomb())})
    with pytest.raises(WeightsError, match="damaged or no safetensors"):
        load_model(ID)
    assert not hit.exists()


@pytest.mark.parametrize("content", [b"[]", b"{", b"[" * 100_000, b'{"format_version": 9}'])
def test_settings_are_checked(hub: HubServer, weights: Path, content: bytes) -> None:
    hub.put_folder(ID, weights)
    hub.commit(ID, {"config.json": content})
    with pytest.raises(WeightsError, match=r"config\.json"):
        load_model(ID)


def test_files_are_compared_with_their_record(hub: HubServer, zoo: Path) -> None:
    hub.put_folder(ID, zoo)
    assert same(load_model(ID), load_model(zoo))
    content = bytearray((zoo / "model.safetensors").read_bytes())
    content[-1] ^= 1
    hub.commit(ID, {"model.safetensors": bytes(content)})
    for load in (load_model, DenoisingModel.from_pretrained):
        with pytest.raises(WeightsError, match=r"expected SHA-256 .*, got "):
            load(ID)


def test_pushes_what_can_be_loaded(hub: HubServer, weights: Path, tmp_path: Path) -> None:
    DenoisingModel.from_pretrained(weights).save_pretrained(tmp_path / "run", {"steps": 3})
    model = DenoisingModel.from_pretrained(tmp_path / "run")
    address = model.push_to_hub(ID, token=TOKEN, commit_message="First")
    (commit,) = hub.repositories[ID]
    assert address == f"{hub.url}/{ID}/commit/{commit}"
    files = hub.repositories[ID][commit]
    assert sorted(files) == ["README.md", *FILES]
    assert json.loads(files["config.json"])["training"] == {"steps": 3}
    card = files["README.md"].decode()
    assert f'from_pretrained("{ID}")' in card and '"steps": 3' in card
    assert same(load_model(ID), model)


def test_push_without_permission(hub: HubServer, weights: Path) -> None:
    model = DenoisingModel.from_pretrained(weights)
    with pytest.raises(WeightsError, match=f"{ID}: cannot be pushed to {hub.url}: .*401"):
        model.push_to_hub(ID, token="hf_wrong")
    assert hub.repositories == {}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("owner/name", True),
        ("owner/name.v1", True),
        ("there/folder", False),
        ("./owner/name", False),
        ("/owner/name", False),
        ("../name", False),
        ("a/b/c", False),
        ("name", False),
        (Path("owner/name"), False),
        ("owner/name\n", False),
        ("öwner/name", False),
    ],
)
def test_what_may_be_a_repository(
    source: str | Path, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "there/folder").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert is_hub_id(source) is expected


def test_the_environment_names_the_hub(hub: HubServer, weights: Path, tmp_path: Path) -> None:
    hub.put_folder(ID, weights)
    code = f"from proteingraph.zoo import load_model; print(load_model({ID!r}).settings)"
    environment = {**os.environ, "HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "home")}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert run.stdout.strip() == str(DenoisingModel.from_pretrained(weights).settings), run.stderr


def test_what_differs_from_a_base_that_is_here(hub: HubServer, task: Path) -> None:
    hub.put_folder(ID, task)
    assert same(load_model(ID), load_model(task))
    assert sorted(set(served(hub))) == sorted(path.name for path in task.iterdir())
    hub.commit(ID, {"record.json": b"{}"})
    with pytest.raises(WeightsError, match=r"record\.json: no record of weights"):
        load_model(ID)
