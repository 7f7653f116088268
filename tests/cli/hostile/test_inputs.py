"""Settings, packed chains, archives and tables that are not what they should be."""

from __future__ import annotations

import pytest
import typer
import yaml
from helpers.command_line import contents, run
from helpers.hostile_inputs import archives, large_npz, npz_files, settings_files, tables

from proteingraph.cli import app

SETTINGS, NPZ, ARCHIVES, TABLES = map(list, (settings_files(), npz_files(), archives(), tables()))
GOOD_BESIDE = [name for name in ARCHIVES if name not in
               ("cut.tar", "cut.tar.gz", "empty.tar", "no_members.tar", "noise.tar.gz",
                "noise.tar.xz", "text_called.tar")]  # fmt: skip
PICKED = ("calls.yaml", "laughs.yaml", "deep_map.yaml", "noise.yaml", "circle.yaml")


def refused(arguments: list[object], name: str, out) -> str:
    """Run a command that must refuse, and leave nothing; return what it said."""
    outcome = run(arguments)
    outcome.check_refusal(name)
    assert contents(out) == {}, outcome.err
    return outcome.err


def settings_arguments(command: str, file, out) -> list[object]:
    quiet = ["-o", out / "run", "--no-progress"]
    if command == "finetune":
        return ["finetune", file, *quiet]
    return ["pretrain", "cath-scop-mini", *quiet, "--config", file]


def test_commands_that_take_settings_are_known() -> None:
    """`--config` of pretrain and the task of finetune are all the files of settings there are."""
    commands = typer.main.get_command(app).commands
    taking = {
        name
        for name, command in commands.items()
        for parameter in command.params
        if (getattr(parameter, "help", None) or "").startswith("YAML file")
    }
    assert taking == {"pretrain", "finetune"}


@pytest.mark.parametrize("name", [
    pytest.param(name, marks=[] if name in PICKED else pytest.mark.slow) for name in SETTINGS
])  # fmt: skip
@pytest.mark.parametrize("command", ["pretrain", "finetune"])
def test_settings(copied, out, command: str, name: str) -> None:
    refused(settings_arguments(command, copied / name, out), name, out)


@pytest.mark.parametrize("value", [
    "!!python/object/apply:os.system ['touch harm_was_done']", "[" * 1500, "&a [*a]",
    "2026-13-45", "\x00", "!!binary x", "{a: b",
])  # fmt: skip
@pytest.mark.parametrize("command", ["pretrain", "finetune"])
def test_settings_on_the_command_line(copied, out, tmp_path, command: str, value: str) -> None:
    good = tmp_path / "good.yaml"
    good.write_text("{}")
    arguments = settings_arguments(command, good, out)
    told = refused([*arguments, "--set", f"seed={value}"], "seed", out)
    assert len(told) < 5000


@pytest.mark.parametrize("name", NPZ)
@pytest.mark.parametrize("command", [
    "data build", *(pytest.param(command, marks=pytest.mark.slow)
                    for command in ("embed", "data export", "index build", "pretrain")),
])  # fmt: skip
def test_packed_chains(stage, copied, out, command: str, name: str) -> None:
    outcome = run(stage.arguments(command, copied / name, out))
    outcome.check_refusal(name)
    if command == "data build":
        assert run(["data", "verify", out / "store"]).code == 0
    elif command == "index build":
        assert run(["index", "info", out / "index", "--verify"]).code == 0
    else:
        assert contents(out) == {}


@pytest.mark.slow
def test_packed_chains_that_unpack_to_gigabytes(stage, out, tmp_path) -> None:
    (name,) = large_npz(tmp_path)
    assert (tmp_path / name).stat().st_size < 3_000_000
    for command in ("embed", "data export", "pretrain"):
        told = refused(stage.arguments(command, tmp_path / name, out), name, out)
        assert "that unpack to 1,000,0" in told


@pytest.mark.parametrize("name", ARCHIVES)
@pytest.mark.parametrize("command", [
    "data build", *(pytest.param(command, marks=pytest.mark.slow)
                    for command in ("embed", "index build")),
])  # fmt: skip
def test_archives(stage, copied, out, tmp_path, command: str, name: str) -> None:
    before = contents(copied)
    outcome = run(stage.arguments(command, copied / name, out))
    outcome.check_refusal(name)
    if name in GOOD_BESIDE:
        assert outcome.err.startswith("1 "), outcome.err  # entries, or chains
    assert contents(copied) == before
    assert not (tmp_path.parent / "up.pdb").exists()
    if command == "data build":
        assert run(["data", "verify", out / "store"]).code == 0


def test_archives_never_give_what_links_point_to(stage, copied, out) -> None:
    for name in ("symbolic_link.tar", "hard_link.tar"):
        outcome = run(stage.arguments("data build", copied / name, out / name))
        assert "member 'link.pdb' is a link or device" in outcome.err
        assert "root:" not in outcome.err


def table_arguments(stage, command: str, table, out) -> list[object]:
    good = stage.files / "1aki.pdb"
    if command == "finetune":
        settings = {"table": str(table), "files": str(stage.files), "model": str(stage.weights),
                    "target": {"name": "x"}}  # fmt: skip
        path = out.parent / "task.yaml"
        path.write_text(yaml.safe_dump(settings))
        return ["finetune", path, "-o", out / "run", "--no-progress"]
    if command == "pretrain":
        return ["pretrain", "cath-scop-mini", "-o", out / "run", "--split", table, "--no-progress"]
    option = "--values" if command == "report" else "--labels"
    return [*stage.arguments(command, good, out), option, table]


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("command", [
    "finetune", "data build",
    *(pytest.param(command, marks=pytest.mark.slow)
      for command in ("pretrain", "report", "index build")),
])  # fmt: skip
def test_tables(stage, copied, out, command: str, name: str) -> None:
    arguments = table_arguments(stage, command, copied / name, out)
    if command in ("data build", "index build") and name == "other_columns.csv":
        outcome = run(arguments)  # labels of other entries than these
        assert outcome.code == 0, outcome.err
        return
    outcome = run(arguments)
    outcome.check_refusal(name)
    assert set(contents(out)) <= {"run", "run/mismatches.parquet"}
