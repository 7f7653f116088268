"""Every command on every hostile structure: one clear reason and code 1, or the right result."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from helpers.command_line import contents, leaf_commands, run
from helpers.hostile_structures import Case, hostile_files, large_cases, write_large

READERS = (
    "embed", "quality", "sites", "denoise", "report", "data build", "index build", "index search",
    "pretrain", "finetune",
)  # fmt: skip
FOLDERS = ("data info", "data verify", "data export", "index info")
NO_INPUT = ("demo", "doctor", "models")
CASES = {case.name: case for case in hostile_files()}
ALONE = ("one_residue.pdb", "one_residue.cif", "one_atom.pdb")
FEW = ("noise.pdb", "cut.pdb.gz", "mmcif_called.pdb", "table.csv", "nan.bcif", "one_residue.pdb")
QUICK = ("embed", "quality", "denoise", "data build", "index build", "index search", "finetune")
WHOLE = {"finetune": ["task", "task/mismatches.parquet"]}
"""What a command leaves behind beside nothing, whole, where it could read nothing."""


def test_all_commands_are_known() -> None:
    assert set(leaf_commands()) == {*READERS, *FOLDERS, *NO_INPUT}


def check(stage, command: str, case: Case, path: Path, out: Path) -> None:
    """Run a command on a file, and judge all that it said and left."""
    source = path
    if command == "pretrain":  # takes a folder, and says which files of it are wrong
        source = out.parent / "corpus"
        source.mkdir()
        (source / path.name).symlink_to(path)
    before = contents(out)
    good = case.traced and not case.told
    outcome = run(stage.arguments(command, source, out, good))
    left = contents(out)
    assert not [name for name in left if "partial" in name]
    lone = case.name in ALONE and command.startswith("index")
    told = case.told
    if command in FOLDERS:
        told = "no store|no index|no .npz file|no whole tar"
    elif lone:
        told = "embedding.* is zero or not finite"
    elif not case.traced:
        told = "no residue.* CA"
    if not told:
        assert outcome.code == 0, outcome.err
        return
    # A reason that is of the structure, not of the file, calls it by its name; a folder in which
    # no file's name is that of a structure is refused as a folder.
    named = path.name if case.told else path.name.split(".")[0]
    if command == "pretrain" and path.name == "table.csv":
        named = "corpus: no structure files"
    outcome.check_refusal(named)
    if path.name != "table.csv" or command not in ("data build", "index build", "pretrain"):
        assert re.search(told, outcome.err), outcome.err
    if command in ("data build", "index build") and left:
        check_whole(command, out)
    else:
        assert left == before or list(left) == WHOLE.get(command)


def check_whole(command: str, out: Path) -> None:
    """A store or index of nothing but failures is one all the same."""
    look = ["data", "verify", out / "store"]
    if command == "index build":
        look = ["index", "info", out / "index", "--verify"]
    assert run(look).code == 0


@pytest.mark.parametrize("name", FEW)
@pytest.mark.parametrize("command", QUICK)
def test_some_commands_on_some_files(stage, copied, out, command: str, name: str) -> None:
    check(stage, command, CASES[name], copied / name, out)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("command", [*READERS, *FOLDERS])
def test_every_command_on_every_file(stage, copied, out, command: str, name: str) -> None:
    check(stage, command, CASES[name], copied / name, out)


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> dict[str, tuple[Case, Path]]:
    folder = tmp_path_factory.mktemp("large")
    return {case.name: (case, write_large(case, folder)) for case in large_cases()}


@pytest.mark.slow
@pytest.mark.parametrize("name", [case.name for case in large_cases() if case.told])
@pytest.mark.parametrize("command", [*READERS, *FOLDERS])
def test_every_command_on_large_files(stage, large, out, command: str, name: str) -> None:
    check(stage, command, *large[name], out)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["embed", "quality", "data build", "index build"])
def test_an_assembly_of_100_000_residues(stage, large, out, command: str) -> None:
    check(stage, command, *large["assembly.cif"], out)


def test_one_bad_file_among_good_ones(stage, copied, out) -> None:
    files = [stage.files / "1aki.pdb", copied / "nan.cif", copied / "long_chain_name.cif"]
    outcome = run(["embed", *files, "-o", out / "e.parquet", "-m", stage.weights, "--no-progress"])
    outcome.check_refusal("nan.cif")
    assert "2 chains written" in outcome.err
    assert list(contents(out)) == ["e.parquet"]


def test_an_output_that_is_there_stays_as_it_was(stage, copied, out) -> None:
    for command in ("embed", "denoise", "report"):
        arguments = stage.arguments(command, copied / "cut.cif", out)
        written = arguments[arguments.index("-o") + 1]
        written.write_text("from before")
        run(arguments).check_refusal("cut.cif")
        assert written.read_text() == "from before"


@pytest.mark.parametrize("command", ["embed", "quality", "sites", "denoise", "report"])
def test_absent_files_are_told_before_a_network_is_loaded(stage, out, tmp_path, command) -> None:
    empty = tmp_path / "no_weights"
    empty.mkdir()
    arguments = stage.arguments(command, tmp_path / "nosuch.pdb", out)
    arguments[arguments.index("-m") + 1] = empty
    outcome = run(arguments)
    outcome.check_refusal("nosuch.pdb: no such file")
    assert "weights" not in outcome.err and contents(out) == {}
