"""Weights, tasks, stores and indexes with a file that is altered, cut short, absent or foreign."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
from helpers.command_line import contents, run
from helpers.hostile_inputs import HARM, Harmful
from safetensors.numpy import load_file, save_file

from proteingraph.zoo.registry import SHIPPED

Spoil = Callable[[Path], None]


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def noise(path: Path) -> None:
    path.write_bytes(np.random.default_rng(3).bytes(path.stat().st_size))


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) * 2 // 3] ^= 0x55
    path.write_bytes(bytes(data))


def remove(path: Path) -> None:
    path.unlink()


def as_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def harm(path: Path) -> None:
    path.write_bytes(pickle.dumps({"weights": Harmful()}))


def nested(path: Path) -> None:
    path.write_text("[" * 100_000)


def long_header(path: Path) -> None:
    path.write_bytes((2**40).to_bytes(8, "little") + path.read_bytes()[8:])


def no_numbers(path: Path) -> None:
    tensors = load_file(path)
    save_file({name: np.full_like(value, np.nan) for name, value in tensors.items()}, path)


def other_shapes(path: Path) -> None:
    tensors = load_file(path)
    save_file({name: value[..., :1].copy() for name, value in tensors.items()}, path)


def settings(change: Callable[[dict], object]) -> Spoil:
    def spoil(path: Path) -> None:
        content = json.loads(path.read_text())
        change(content)
        path.write_text(json.dumps(content))

    return spoil


ANY = {"cut": cut, "empty": empty, "noise": noise, "remove": remove, "folder": as_folder}
TENSORS = {**ANY, "pickled": harm, "header": long_header}
LARGE = 10**9
RECORD = {**ANY, "nested": nested, "list": lambda path: path.write_text("[]")}
NETWORK: list[tuple[str, str, Spoil]] = [
    *(("model.safetensors", name, spoil) for name, spoil in TENSORS.items()),
    ("model.safetensors", "no numbers", no_numbers),
    ("model.safetensors", "other shapes", other_shapes),
    *(("config.json", name, spoil) for name, spoil in RECORD.items()),
    ("config.json", "future", settings(lambda c: c.update(format_version=99))),
    ("config.json", "architecture", settings(lambda c: c.update(architecture="os.system"))),
    ("config.json", "no graph", settings(lambda c: c.pop("graph"))),
    ("config.json", "text", settings(lambda c: c.update(graph="k"))),
    ("config.json", "huge", settings(lambda c: c["encoder"].update(channels=LARGE))),
    ("config.json", "deep", settings(lambda c: c["encoder"].update(layers=LARGE))),
    ("config.json", "negative", settings(lambda c: c["encoder"].update(layers=-1))),
    ("config.json", "unknown", settings(lambda c: c["encoder"].update(evil=1))),
    ("config.json", "sigma", settings(lambda c: c.update(embedding_sigma=float("nan")))),
]
TASK: list[tuple[str, str, Spoil]] = [
    *((name, "flip", flip) for name in ("model.safetensors", "config.json", "head.safetensors")),
    *(("head.safetensors", name, spoil) for name, spoil in TENSORS.items()),
    *(("task.json", name, spoil) for name, spoil in RECORD.items()),
    ("task.json", "no target", settings(lambda c: c.pop("target"))),
    ("task.json", "hidden", settings(lambda c: c["settings"].update(hidden=-4))),
    ("task.json", "threshold", settings(lambda c: c.update(threshold="x"))),
]
STORE = ("meta.json", "coordinates.bin", "residue_type.bin", "starts.bin", "texts.jsonl",
         "text_starts.bin", "index.parquet", "failures.parquet")  # fmt: skip
INDEX = ("meta.json", "vectors.bin", "starts.bin", "traces.bin", "entries.parquet",
         "failures.parquet", "model/model.safetensors", "model/config.json")  # fmt: skip


def spoilt(folder: Path, file: str, spoil: Spoil, tmp_path: Path) -> Path:
    """A copy of a folder with one file spoilt."""
    copy = tmp_path / "spoilt"
    shutil.copytree(folder, copy)
    spoil(copy / file)
    return copy


def names(cases: list[tuple[str, str, Spoil]]) -> list[str]:
    return [f"{file} {name}" for file, name, _ in cases]


def refused(arguments: list[object], out: Path, tmp_path: Path) -> None:
    outcome = run(arguments)
    outcome.check_refusal("spoilt")
    assert contents(out) == {}
    assert not (tmp_path / HARM).exists()


def some_quick(values: Iterable[str], *quick: str) -> list[object]:
    """Values of a parameter, of which all but a few are slow."""
    return [v if v in quick else pytest.param(v, marks=pytest.mark.slow) for v in values]


@pytest.mark.parametrize("case", NETWORK, ids=names(NETWORK))
def test_networks(stage, out, tmp_path, case: tuple[str, str, Spoil]) -> None:
    folder = spoilt(stage.weights, case[0], case[2], tmp_path)
    file = stage.files / "1aki.pdb"
    refused(["embed", file, "-o", out / "e.parquet", "-m", folder, "--no-progress"], out, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("case", NETWORK, ids=names(NETWORK))
@pytest.mark.parametrize("command", ["denoise", "report", "index build", "pretrain"])
def test_networks_of_other_commands(stage, out, tmp_path, command: str, case) -> None:
    folder = spoilt(stage.weights, case[0], case[2], tmp_path)
    arguments = stage.arguments(command, stage.files / "1aki.pdb", out)
    if command == "pretrain":
        arguments = [
            "pretrain",
            "cath-scop-mini",
            "-o",
            out / "run",
            "--steps",
            1,
            "--init",
            folder,
        ]
    else:
        arguments[arguments.index(stage.weights)] = folder
    refused(arguments, out, tmp_path)


@pytest.mark.parametrize("case", TASK, ids=names(TASK))
def test_tasks(stage, out, tmp_path, case: tuple[str, str, Spoil]) -> None:
    for command, task in (("quality", stage.quality), ("sites", stage.sites)):
        folder = spoilt(task, case[0], case[2], tmp_path)
        arguments = [command, stage.files / "1aki.pdb", "-o", out, "-m", folder, "--no-progress"]
        refused(arguments, out, tmp_path)
        shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("file", "spoil"), [("model.safetensors", flip), ("config.json", flip), ("record.json", cut)]
)
def test_shipped_weights_that_are_not_those_of_their_record(
    stage, out, tmp_path, file: str, spoil: Spoil
) -> None:
    folder = spoilt(SHIPPED / "dsm_tiny.pdb2018", file, spoil, tmp_path)
    refused(["embed", stage.files / "1aki.pdb", "-o", out / "e.npz", "-m", folder], out, tmp_path)


def looked_at(arguments: list[list[object]], name: str) -> list[bool]:
    """Whether commands find fault; none may fail in another way."""
    found = []
    for each in arguments:
        outcome = run(each)
        if outcome.code:
            assert outcome.code == 1
            said = outcome.out + outcome.err
            assert name in said, said
            assert "Traceback" not in said
        found.append(bool(outcome.code))
    return found


@pytest.mark.parametrize("file", some_quick(STORE, "meta.json", "starts.bin", "texts.jsonl"))
@pytest.mark.parametrize("name", some_quick([*ANY, "flip"], "flip", "cut"))
def test_stores(stage, out, tmp_path, name: str, file: str) -> None:
    store = spoilt(stage.store, file, {**ANY, "flip": flip}[name], tmp_path)
    found = looked_at(
        [
            ["data", "verify", store],
            ["data", "info", store],
            ["data", "export", store, "-o", out, "--no-progress"],
            ["embed", store, "-o", out / "e.npz", "-m", stage.weights, "--no-progress"],
        ],
        "spoilt",
    )
    assert found[0], "what is altered is found by verify"
    assert not [left for left in contents(out) if "partial" in left]


@pytest.mark.parametrize("file", some_quick(INDEX, "meta.json", "starts.bin"))
@pytest.mark.parametrize("name", some_quick([*ANY, "flip"], "flip", "cut"))
def test_indexes(stage, tmp_path, name: str, file: str) -> None:
    index = spoilt(stage.index, file, {**ANY, "flip": flip}[name], tmp_path)
    found = looked_at(
        [
            ["index", "info", index, "--verify"],
            ["index", "search", index, stage.files / "1aki.pdb", "--tm-align", 1],
        ],
        "spoilt",
    )
    assert found[0], "what is altered is found by info --verify"
