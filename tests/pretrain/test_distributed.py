"""Tests of several processes that train one network: as one process would."""

from __future__ import annotations

import json
import subprocess
from itertools import chain, islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from helpers.trained_together import FIXED, STOP, chains, config, run, start
from safetensors.torch import load_file

from proteingraph.errors import ConfigError
from proteingraph.pretrain.batches import (
    IDLE,
    CropDataset,
    Part,
    ResidueBatches,
    validation_loader,
)
from proteingraph.pretrain.distributed import joint_mean, make_trainer, one_voice

LENGTHS = torch.randint(20, 200, (57,), generator=torch.Generator().manual_seed(0)).tolist()


@pytest.mark.parametrize("of", [2, 3, 7])
@pytest.mark.parametrize("start", [0, 13])
def test_parts_of_a_batch_are_the_batch(of: int, start: int) -> None:
    whole = islice(ResidueBatches(LENGTHS, 600, 4, start), 30)
    parts = [ResidueBatches(LENGTHS, 600, 4, start, Part(number, of)) for number in range(of)]
    for batch, *shares in zip(whole, *parts, strict=False):
        counted = [[draw for draw in share if draw[1] != IDLE] for share in shares]
        assert sorted(chain(*counted)) == sorted(batch)
        assert all(shares)
        residues = [sum(LENGTHS[row] for row, _ in share) for share in counted]
        # The fullest part was not the fullest before it got its last and shortest chain.
        if len(batch) >= of:
            assert max(residues) - min(residues) <= max(LENGTHS[row] for row, _ in batch)


def test_parts_of_held_out_chains_are_equally_many_batches() -> None:
    _, held_out = chains()
    dataset = CropDataset(held_out, 64)
    whole = list(validation_loader(dataset, 50))
    parts = [list(validation_loader(dataset, 50, part=Part(number, 2))) for number in range(2)]
    assert len(whole) == len(parts[0]) == len(parts[1])
    for batch, *shares in zip(whole, *parts, strict=True):
        seeds = torch.cat([share.seed for share in shares])
        assert sorted(seeds[seeds != IDLE].tolist()) == batch.seed.tolist()
    assert any((share.seed == IDLE).all() for share in chain(*parts))


def test_the_mean_of_one_process_is_left_alone() -> None:
    mean = torch.tensor(2.0, requires_grad=True)
    joint = joint_mean(mean, 5)
    assert joint.share is mean and joint.value is mean and joint.count == 5


@pytest.mark.skipif(torch.cuda.is_available(), reason="asks for a GPU that is not there")
def test_devices_that_are_not_there_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"^hardware: .*(GPU|CUDA|gpu)"):
        make_trainer(config("hardware.accelerator=gpu").hardware)
    with pytest.raises(ConfigError, match="16-mixed"):
        config("hardware.strategy=fsdp", "hardware.precision=16-mixed")


def test_a_launcher_that_disagrees_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "1")
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(ConfigError, match=r"torchrun started 3 processes, but .*are 2"):
        make_trainer(config("hardware.devices=2").hardware)


@pytest.mark.parametrize(("first", "code"), [(True, 143), (False, 1)])
def test_of_processes_asked_to_end_the_first_alone_passes_for_it(first: bool, code: int) -> None:
    trainer: Any = SimpleNamespace(is_global_zero=first)
    with pytest.raises(SystemExit) as stop, one_voice(trainer):
        raise SystemExit(143)
    assert stop.value.code == code


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Folder of runs in one process and in two, and notes of each process."""
    folder = tmp_path_factory.mktemp("together")
    run(folder / "one_to_two", config(), STOP)
    processes = start(folder, "compared")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    notes: dict[str, Any] = {
        "fixed_one": run(folder / "fixed_one", config(*FIXED)),
        "whole": run(folder / "whole", config()),
    }
    notes |= finished(processes, folder)
    notes["two_to_one"] = run(folder / "two", config(), resume=True)
    torch.set_num_threads(threads)
    return folder, notes


def finished(processes: list[subprocess.Popen[str]], folder: Path) -> dict[str, Any]:
    """Notes of processes when they are done."""
    said = [process.communicate(timeout=300)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], "\n".join(said)
    assert said == ["", ""]
    notes = {}
    for rank in range(2):
        told = torch.load(folder / f"notes_{rank}.pt")
        notes |= {f"{name}_{rank}": each for name, each in told.items()}
    return notes


def metrics(folder: Path) -> dict[str, float]:
    """Held-out errors of a run."""
    content: dict[str, float] = json.loads((folder / "metrics.json").read_text())["metrics"]
    return content


def drawn(notes: dict[str, Any], step: int, *ranks: str) -> list[int]:
    """Seeds that processes drew at a step, sorted."""
    seeds = chain(*(notes[rank]["seeds"][step] for rank in ranks))
    return sorted(seed for seed in seeds if seed != IDLE)


def test_two_processes_draw_what_one_draws(together: tuple[Path, dict[str, Any]]) -> None:
    _, notes = together
    idle = 0
    for step in range(9):
        ranks = ("fixed_0", "fixed_1")
        assert drawn(notes, step, *ranks) == sorted(notes["fixed_one"]["seeds"][step])
        idle += any(IDLE in notes[rank]["seeds"][step] for rank in ranks)
    assert 0 < idle < 9


@pytest.mark.parametrize(("run", "steps"), [("fixed", 9), ("fsdp", 4)])
def test_gradients_are_those_of_one_process(
    together: tuple[Path, dict[str, Any]], run: str, steps: int
) -> None:
    _, notes = together
    for step in range(steps):
        expected = notes["fixed_one"]["gradients"][step]
        for rank in range(2):
            found = notes[f"{run}_{rank}"]["gradients"][step]
            assert float((found - expected).norm()) < 1e-5 * float(expected.norm())


def test_what_is_logged_is_what_one_process_logs(together: tuple[Path, dict[str, Any]]) -> None:
    folder, notes = together
    for rank in range(2):
        for step, expected in notes["fixed_one"]["logged"].items():
            assert notes[f"fixed_{rank}"]["logged"][step] == pytest.approx(expected, rel=1e-5)
    assert metrics(folder / "fixed_two") == pytest.approx(metrics(folder / "fixed_one"), rel=1e-5)
    assert "validation/type_loss" in metrics(folder / "fixed_two")


@pytest.mark.parametrize("name", ["two_to_two", "two_to_one", "one_to_two"])
def test_a_run_resumes_on_another_number_of_processes(
    together: tuple[Path, dict[str, Any]], name: str
) -> None:
    folder, notes = together
    ranks = ("two_to_one",) if name == "two_to_one" else (f"{name}_0", f"{name}_1")
    place = "two" if name == "two_to_one" else name
    assert_like_whole(folder, place, notes, ranks)


def assert_like_whole(folder: Path, place: str, notes: dict[str, Any], ranks: Any) -> None:
    """Assert that a resumed run is as one that was not stopped, in one process."""
    whole = notes["whole"]
    for rank in ranks:
        assert list(notes[rank]["seeds"]) == list(range(4, 9))  # from its checkpoint on
    for step in range(4, 9):
        assert drawn(notes, step, *ranks) == sorted(whole["seeds"][step])
        found, expected = notes[ranks[0]]["logged"][step], whole["logged"][step]
        assert found["train/mse"] == pytest.approx(expected["train/mse"], rel=1e-4)
        assert found["train/residues"] == expected["train/residues"]
    found, expected = (load_file(folder / n / "model.safetensors") for n in (place, "whole"))
    for key, value in expected.items():
        if not key.startswith("readout"):
            assert torch.allclose(found[key], value, atol=2e-4), key
    assert metrics(folder / place) == pytest.approx(metrics(folder / "whole"), rel=1e-3)


def test_only_the_first_process_writes(together: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = together
    files = {path.relative_to(folder / "fixed_one") for path in (folder / "fixed_one").rglob("*")}
    for name in ("fixed_two", "fsdp"):
        found = {path.relative_to(folder / name) for path in (folder / name).rglob("*")}
        assert {f for f in found if "events" not in f.name} == {
            f for f in files if "events" not in f.name
        }
        record = json.loads((folder / name / "metrics.json").read_text())
        assert record["processes"] == 2


@pytest.mark.slow
def test_a_run_resumes_by_another_strategy(tmp_path: Path) -> None:
    processes = start(tmp_path, "strategies")
    notes: dict[str, Any] = {"whole": run(tmp_path / "whole", config())}
    notes |= finished(processes, tmp_path)
    for before in ("ddp", "fsdp"):
        for after in ("ddp", "fsdp"):
            name = f"{before}_to_{after}"
            assert_like_whole(tmp_path, name, notes, (f"{name}_0", f"{name}_1"))


@pytest.mark.slow
def test_time_ends_all_processes_at_one_step(tmp_path: Path) -> None:
    notes = finished(start(tmp_path, "timed"), tmp_path)
    steps = [len(notes[f"timed_{rank}"]["seeds"]) for rank in range(2)]
    assert steps[0] == steps[1] > 1
