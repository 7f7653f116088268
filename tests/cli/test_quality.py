"""Quality of structure models from the command line: copies, records, plots and the ranking."""

from __future__ import annotations

import csv
import io
import json
import shutil
from dataclasses import replace

import gemmi
import numpy as np
import pytest
import typer
from matplotlib.image import imread
from typer.testing import CliRunner

from proteingraph.assess import predict_quality
from proteingraph.cli.quality import quality
from proteingraph.errors import ConfigError, DatasetError, WeightsError
from proteingraph.io import read_structure, write_structure

app = typer.Typer()
app.command()(quality)


@pytest.fixture
def run(quality_folder):
    def invoke(*arguments):
        options = ("-m", quality_folder, "--no-progress", *arguments)
        return CliRunner().invoke(app, [str(argument) for argument in options])

    return invoke


@pytest.fixture(scope="module")
def models(test_files, tmp_path_factory):
    """Folder of three models of lysozyme: with noise of 0, 1 and 4 Å; one has insertion codes."""
    folder = tmp_path_factory.mktemp("models [x]")
    native = read_structure(test_files / "1aki.pdb")
    rng = np.random.default_rng(0)
    for name, sigma in (("first", 4.0), ("second", 1.0)):
        shift = rng.normal(0, sigma, (len(native), 3))[native.atom_residue].astype(np.float32)
        moved = replace(native, atom_coord=native.atom_coord + shift)
        write_structure(moved, folder / f"{name}.pdb")
    number, code = native.residue_number.copy(), native.insertion_code.copy()
    number[41:], code[41] = number[41:] - 1, "A"
    inserted = replace(native, residue_number=number, insertion_code=code)
    write_structure(inserted, folder / "best.pdb")
    return folder


def by_score(models, task):
    """Names of the models, those with the highest predicted score first."""
    scores = {path.stem: predict_quality(path, task).score for path in models.iterdir()}
    assert len(set(scores.values())) == len(scores) == 3
    return sorted(scores, key=scores.get, reverse=True)


def test_models_are_ranked(run, models, quality_folder):
    result = run(models)
    assert result.exit_code == 0, (result.output, result.exception)
    lines = [line.split() for line in result.stdout.splitlines()]
    assert lines[0][:2] == ["model", "small_quality"]
    assert "its 90% interval" in result.stdout and "note" not in result.stdout
    rows = [line for line in lines if line and line[0] in "123"]
    assert [row[0] for row in rows] == ["1", "2", "3"]
    names = [next(word for word in row if word.endswith(".pdb")) for row in rows]
    ranked = by_score(models, quality_folder)
    assert [name.rpartition("/")[2] for name in names] == [f"{name}.pdb" for name in ranked]
    assert ranked[0] == "best"
    prediction = predict_quality(models / "best.pdb", quality_folder)
    low, high = prediction.bounds
    assert f"A 129 {prediction.score:.3f} {low:.3f}-{high:.3f}" in " ".join(rows[0])


def test_copies_hold_what_the_records_say(run, models, test_files, tmp_path):
    out = tmp_path / "out"
    result = run(models / "best.pdb", test_files / "5zng.bcif.gz", "-o", out)
    assert result.exit_code == 0, (result.output, result.exception)
    written = sorted(path.name for path in out.rglob("*") if path.is_file())
    both = [f"{name}.lddt.{end}" for name in ("5zng", "best") for end in ("json", "png")]
    assert written == sorted([*both, "5zng.lddt.cif", "best.lddt.pdb"])
    for copy, source in ((".pdb", models / "best.pdb"), (".cif", test_files / "5zng.bcif.gz")):
        (path,) = out.rglob(f"*.lddt{copy}")
        record = json.loads(path.with_suffix(".json").read_text("utf-8"))
        read, original = read_structure(path), read_structure(source)
        np.testing.assert_allclose(read.atom_coord, original.atom_coord, atol=2e-3)
        told = {
            (r["chain"], r["residue_number"], r["insertion_code"]): r["lddt"]
            for r in record["residues"]
        }
        assert len(told) == len(original)
        atoms = [
            ((chain.name, residue.seqid.num, residue.seqid.icode.strip()), atom.b_iso)
            for chain in gemmi.read_structure(str(path))[0]
            for residue in chain
            for atom in residue
        ]
        assert len(atoms) == len(original.atom_name)
        for residue, value in atoms:
            assert value == pytest.approx(100 * told[residue], abs=0.006)
        assert record["file"] == str(source)
        assert record["score"] == pytest.approx(np.mean(list(told.values())), abs=1e-5)
        assert imread(path.with_suffix(".png"))[..., :3].std() > 0.02
        assert (("A", 41, "A") in told) == (copy == ".pdb")
    assert [chain["chain"] for chain in record["chains"]] == ["A", "C"]
    assert record["interval"] is None and record["chains"][0]["interval"]["level"] == 0.9


def test_a_chain_too_short_to_judge_is_said_to_be(run, test_files, tmp_path):
    native = read_structure(test_files / "1aki.pdb")
    write_structure(native.select(np.arange(2)), tmp_path / "two.pdb")
    write_structure(native.select(np.arange(30)), tmp_path / "thirty.pdb")
    assert "as short as 2 residues" in run(tmp_path / "two.pdb").output
    assert "as short as" not in run(tmp_path / "thirty.pdb").output


def test_residues_without_ca(run, test_files, tmp_path):
    lines = (test_files / "1aki.pdb").read_text("utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not (line[:4] == "ATOM" and line[12:26] == " CA  ARG A   5")]
    assert len(kept) == len(lines) - 1
    (tmp_path / "gap.pdb").write_text("".join(kept), "utf-8")
    assert run(tmp_path / "gap.pdb", "-o", tmp_path, "--no-plot").exit_code == 0
    record = json.loads((tmp_path / "gap.lddt.json").read_text("utf-8"))
    numbers = [residue["residue_number"] for residue in record["residues"]]
    assert numbers == [*range(1, 5), *range(6, 130)]
    copy = read_structure(tmp_path / "gap.lddt.pdb")
    assert copy.b_factor[4] == 0 and copy.b_factor[[3, 5]].min() > 1
    assert not (tmp_path / "gap.lddt.png").exists()


def test_json_and_csv(run, models, quality_folder):
    told = json.loads(run(models, "--json").stdout)
    assert (told["model"], told["failed"]) == ("small_quality", [])
    assert [one["rank"] for one in told["results"]] == [1, 2, 3]
    assert [one["name"] for one in told["results"]] == by_score(models, quality_folder)
    assert [len(one["residues"]) for one in told["results"]] == [129] * 3
    rows = list(csv.DictReader(io.StringIO(run(models, "--csv").stdout)))
    for row, one in zip(rows, told["results"], strict=True):
        assert (int(row["rank"]), row["file"]) == (one["rank"], one["file"])
        assert [float(row[name]) for name in ("score", "low", "high")] == [
            one["score"],
            one["interval"]["low"],
            one["interval"]["high"],
        ]
        assert row["lowest"] == one["lowest"]["residues"]


def test_bad_files_among_good_ones(run, models, tmp_path):
    bad = tmp_path / "bad [a].pdb"
    bad.write_text("no structure\n")
    result = run(models / "best.pdb", bad, tmp_path / "absent.cif", "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "not predicted" in result.output and "bad [a].pdb\n" in result.output
    assert "absent.cif: no such file" in result.output
    assert len([p for p in (tmp_path / "out").rglob("*") if p.is_file()]) == 3
    told = json.loads(run(models / "best.pdb", bad, "--json").stdout)
    assert [one["file"] for one in told["failed"]] == [str(bad)]
    nothing = run(bad, "-o", tmp_path / "none")
    assert nothing.exit_code == 1 and not nothing.stdout and not (tmp_path / "none").exists()


def test_models_of_the_same_name(run, models, tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        shutil.copy(models / "best.pdb", tmp_path / folder / "ranked_0.pdb")
    structure = read_structure(models / "best.pdb")
    write_structure(structure, tmp_path / "b" / "ranked_0.cif")
    out = tmp_path / "out"
    once = run(tmp_path, tmp_path / "a" / "ranked_0.pdb", "-o", out, "--no-plot", "--csv")
    assert once.exit_code == 0, (once.output, once.exception)
    assert len(once.stdout.splitlines()) == 4  # the file that is named twice is one
    copies = sorted(path.relative_to(out).as_posix() for path in out.rglob("*.json"))
    assert copies == [
        "a/ranked_0.lddt.json",
        "b/ranked_0.cif.lddt.json",
        "b/ranked_0.pdb.lddt.json",
    ]
    # What was written below the folder is no model.
    assert run(tmp_path, "-o", out, "--no-plot", "--csv").stdout == once.stdout
    above = run(tmp_path / "a", "-o", tmp_path, "--no-plot")
    assert above.exit_code == 0 and (tmp_path / "ranked_0.lddt.pdb").exists()
    copy = out / "a" / "ranked_0.lddt.pdb"
    shutil.copy(copy, out / "a" / "ranked_0.pdb")
    before = copy.read_bytes()
    result = run(out / "a", "-o", out / "a")
    assert isinstance(result.exception, ConfigError) and "be replaced" in str(result.exception)
    assert copy.read_bytes() == before


def test_wrong_input(run, models, sites_folder, tmp_path):
    good, (file, empty) = models / "best.pdb", (tmp_path / "file", tmp_path / "empty")
    file.write_text("")
    empty.mkdir()
    for arguments, kind, told in (
        ((good, "-o", file), ConfigError, "is a file, no folder"),
        ((good, "-m", sites_folder), ConfigError, "wrong kind"),
        ((good, "-m", "quality_bose"), WeightsError, "no model of the zoo"),
        ((good, "-m", "dsm_tiny"), WeightsError, "task"),
        ((good, "--json", "--csv"), ConfigError, "one of them"),
        ((empty,), DatasetError, "no structure files"),
    ):
        result = run(*arguments)
        assert isinstance(result.exception, kind), (arguments, result.output)
        assert told in str(result.exception)
        assert not result.output
    result = run(good, "--chains", "B")
    assert result.exit_code == 1 and "best.pdb" in result.output
    assert run(good, "--threads", "0").exit_code == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "file"]
