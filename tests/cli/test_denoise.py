"""Tests of `proteingraph denoise`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from typer.testing import CliRunner, Result

from proteingraph.cli import app
from proteingraph.errors import ConfigError, ProteinGraphError, StructureError, WeightsError
from proteingraph.geometry import lddt_ca, rmsd
from proteingraph.io import read_structure, write_structure
from proteingraph.pretrain import DenoisingModel
from proteingraph.pretrain.sampling import denoise_step, estimate_gradient

COLUMNS = ["chain", "residue_number", "insertion_code", "residue_name", "x", "y", "z"]
COLUMNS += ["gradient_x", "gradient_y", "gradient_z", "norm"]


@pytest.fixture(scope="session")
def model() -> DenoisingModel:
    """Small network whose estimates are not zero."""
    torch.manual_seed(0)
    sizes = {"channels": 16, "pair_channels": 12, "hidden_channels": 16, "layers": 2}
    network = DenoisingModel(graph={"k": 8, "offsets": [1, 2]}, encoder=sizes).eval()
    assert network.gradient is not None
    torch.nn.init.normal_(network.gradient.network[-1].weight, std=0.3)
    return network


@pytest.fixture(scope="session")
def folder(model: DenoisingModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its saved weights."""
    path = tmp_path_factory.mktemp("nonzero")
    model.save_pretrained(path)
    return path


@pytest.fixture(scope="session")
def two_chains(test_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """First 30 residues of two chains that touch, the second without its fifth CA."""
    whole = read_structure(test_files / "3o5r.cif.gz")
    chain = whole.split_chains()[0]
    rows = np.concatenate([np.arange(30), np.arange(30, 60)])
    both = chain.select(rows)
    both.chain[30:] = "B"
    both.label_chain[30:] = "B"
    path = tmp_path_factory.mktemp("structures") / "two.pdb"
    write_structure(both, path)
    lines = path.read_text().splitlines(keepends=True)
    fifth = both.residue_number[34]
    dropped = [line for line in lines if line[12:16] == " CA " and line[21:26] == f"B{fifth:4d}"]
    assert len(dropped) == 1
    path.write_text("".join(line for line in lines if line not in dropped))
    return path


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["denoise", *map(str, arguments)])


def test_moves_atoms_with_their_ca(two_chains, folder, model, tmp_path) -> None:
    output, scores = tmp_path / "out.pdb", tmp_path / "scores.parquet"
    result = call(two_chains, "-m", folder, "-o", output, "--scores", scores, "--sigma", 1.0)
    assert result.exit_code == 0, result.output
    assert "59 residues, told noise of 1 Å" in result.output
    assert sorted(os.listdir(tmp_path)) == ["out.pdb", "scores.parquet"]

    given, moved, table = (
        read_structure(two_chains),
        read_structure(output),
        pd.read_parquet(scores),
    )
    assert list(table) == COLUMNS and len(table) == 59
    has_ca = given.backbone_mask[:, 1]
    assert not has_ca[34] and has_ca.sum() == 59
    # What the library says of each chain on its own.
    data = [chain.to_data() for chain in given.split_chains()]
    gradient = torch.cat([estimate_gradient(model, chain, 1.0) for chain in data]).numpy()
    assert np.abs(gradient).max() > 0.01
    columns = ["gradient_x", "gradient_y", "gradient_z"]
    assert np.allclose(table[columns].to_numpy(), gradient, atol=1e-5)
    assert np.allclose(table["norm"], np.linalg.norm(gradient, axis=1), atol=1e-5)
    assert np.allclose(table[["x", "y", "z"]].to_numpy(), given.pos[has_ca])
    for name in ("chain", "residue_number", "insertion_code", "residue_name"):
        assert table[name].tolist() == getattr(given, name)[has_ca].tolist(), name
    denoised = torch.cat([denoise_step(model, chain, 1.0) for chain in data]).numpy()
    assert np.allclose(moved.pos[has_ca], denoised, atol=1e-3)
    # All atoms move with CA; a residue without CA stays.
    shift = np.zeros((60, 3))
    shift[has_ca] = denoised - given.pos[has_ca]
    assert moved.atom_name.tolist() == given.atom_name.tolist()
    expected = given.atom_coord + shift[given.atom_residue]
    assert np.allclose(moved.atom_coord, expected, atol=1e-3)
    norm = np.zeros(60)
    norm[has_ca] = table["norm"]
    assert np.allclose(moved.atom_b_factor, norm[given.atom_residue], atol=0.006)
    assert moved.residue_number.tolist() == given.residue_number.tolist()


def test_every_format(test_files, folder, tmp_path) -> None:
    source = test_files / "1aki.bcif"
    tables = {}
    for structure, scores in (
        ("a.cif", "a.parquet"),
        ("b.cif.gz", "b.csv"),
        ("c.pdb.gz", "c.npz"),
    ):
        result = call(
            source, "-m", folder, "-o", tmp_path / structure, "--scores", tmp_path / scores
        )
        assert result.exit_code == 0, result.output
        assert f"written: {tmp_path / scores}" in result.output
        tables[scores] = tmp_path / scores
    a = pd.read_parquet(tables["a.parquet"])
    b = pd.read_csv(tables["b.csv"], keep_default_na=False)
    with np.load(tables["c.npz"], allow_pickle=False) as file:
        c = pd.DataFrame({name: file[name] for name in file.files})
    assert list(a) == list(b) == list(c) == COLUMNS
    assert len(a) == 129
    for other in (b, c):
        assert other["residue_name"].tolist() == a["residue_name"].tolist()
        assert np.allclose(other["norm"], a["norm"], rtol=1e-5)
    coordinates = [read_structure(tmp_path / f).atom_coord for f in ("a.cif", "b.cif.gz")]
    assert np.array_equal(*coordinates)
    assert np.allclose(read_structure(tmp_path / "c.pdb.gz").atom_coord, coordinates[0], atol=2e-3)


def test_default_noise(test_files, folder, model, tmp_path) -> None:
    result = call(test_files / "1aki.pdb", "-m", folder, "-o", tmp_path / "out.pdb")
    assert "told noise of 0.5 Å" in result.output
    table = pd.read_csv(tmp_path / "out.gradient.csv")
    assert list(table) == COLUMNS and len(table) == 129
    result = call(
        test_files / "1aki.pdb", "-m", folder, "-o", tmp_path / "b.cif.gz", "--perturb", 2
    )
    assert "told noise of 2 Å" in result.output
    names = ["b.cif.gz", "b.gradient.csv", "out.gradient.csv", "out.pdb"]
    assert sorted(os.listdir(tmp_path)) == names


def test_perturbed_and_compared(two_chains, folder, tmp_path) -> None:
    output, scores = tmp_path / "out.cif", tmp_path / "scores.npz"
    arguments = [two_chains, "-m", folder, "-o", output, "--scores", scores, "--perturb", 1.5]
    result = call(*arguments, "--seed", 3)
    assert result.exit_code == 0, result.output
    given, moved = read_structure(two_chains), read_structure(output)
    with np.load(scores) as file:
        noisy = np.stack([file[axis] for axis in "xyz"], axis=-1)
    has_ca = given.backbone_mask[:, 1]
    native = given.pos[has_ca]
    assert np.std(noisy - native) == pytest.approx(1.5, rel=0.2)
    shown = [row for row in result.output.splitlines() if "│" in row]
    for line, first, last in ((shown[-2], 0, 30), (shown[-1], 30, 59)):
        cells = [cell.strip() for cell in line.strip("│").split("│")]
        values = []
        for compare in (rmsd, lddt_ca):
            for pos in (noisy, moved.pos[has_ca]):
                pair = (torch.from_numpy(x[first:last].copy()) for x in (pos, native))
                values.append(float(compare(*pair)))
        assert cells[:2] == ["A" if first == 0 else "B", str(last - first)]
        assert [float(cell) for cell in cells[2:]] == pytest.approx(values, abs=2e-3)
    call(*arguments, "--seed", 3)
    assert np.array_equal(read_structure(output).pos, moved.pos)
    call(*arguments, "--seed", 4)
    assert not np.allclose(read_structure(output).pos, moved.pos)


def test_chains_apart_or_together(two_chains, folder, tmp_path) -> None:
    def gradient(*options: object) -> np.ndarray:
        scores = tmp_path / "scores.npz"
        result = call(
            two_chains, "-m", folder, "-o", tmp_path / "out.pdb", "--scores", scores, *options
        )
        assert result.exit_code == 0, result.output
        with np.load(scores) as file:
            return np.stack([file[f"gradient_{axis}"] for axis in "xyz"], axis=-1)

    apart, together = gradient(), gradient("--complex")
    assert apart.shape == together.shape == (59, 3)
    assert not np.allclose(apart, together)
    assert np.allclose(gradient("--chains", "B"), apart[30:], atol=1e-5)
    assert read_structure(tmp_path / "out.pdb").chain_ids == ["B"]
    assert np.allclose(gradient("--chains", "A,B"), apart, atol=1e-5)


def test_langevin_dynamics(two_chains, folder, tmp_path) -> None:
    outputs = []
    for number, options in enumerate(([], [], ["--steps", "2"], ["--seed", "1"])):
        output = tmp_path / f"{number}.pdb"
        arguments = ["--sigma", 1.0, "--langevin", "--levels", 2, "--steps", 1, *options]
        result = call(two_chains, "-m", folder, "-o", output, *arguments)
        assert result.exit_code == 0, result.output
        outputs.append(read_structure(output).pos)
    assert np.array_equal(outputs[0], outputs[1])
    assert not np.allclose(outputs[0], outputs[2]) and not np.allclose(outputs[0], outputs[3])
    call(two_chains, "-m", folder, "-o", tmp_path / "step.pdb", "--sigma", 1.0)
    assert not np.allclose(read_structure(tmp_path / "step.pdb").pos, outputs[0])


def test_networks_that_see_the_backbone(two_chains, tmp_path) -> None:
    torch.manual_seed(0)
    sizes = {"channels": 8, "pair_channels": 8, "hidden_channels": 8, "layers": 1}
    network = DenoisingModel(graph={"k": 4, "backbone": True}, encoder=sizes)
    torch.nn.init.normal_(network.gradient.network[-1].weight)
    network.save_pretrained(tmp_path / "weights")
    output = tmp_path / "out.pdb"
    result = call(two_chains, "-m", tmp_path / "weights", "-o", output, "--perturb", 0.5)
    assert result.exit_code == 0, result.output
    given, moved = read_structure(two_chains), read_structure(output)
    offsets = [s.backbone[:, 0] - s.backbone[:, 1] for s in (given, moved)]
    whole = given.backbone_mask[:, :2].all(1)
    assert np.allclose(offsets[0][whole], offsets[1][whole], atol=2e-3)
    assert not np.allclose(given.pos, moved.pos, atol=0.1)


def test_the_dense_network(two_chains, tmp_path) -> None:
    encoder = {"channels": 8, "bottleneck": 4, "blocks": 1}
    DenoisingModel("cond_resnet", encoder=encoder).save_pretrained(tmp_path / "weights")
    output = tmp_path / "out.pdb"
    result = call(two_chains, "-m", tmp_path / "weights", "-o", output, "--sigma", 20)
    assert result.exit_code == 0, result.output
    assert "trained on noise from 0.01 to 10 Å, and is told 20 Å" in result.output
    assert len(read_structure(output)) == 60


def test_wrong_input(test_files, two_chains, folder, tmp_path) -> None:
    empty, garbage = tmp_path / "empty.pdb", tmp_path / "garbage.cif"
    empty.write_text("")
    garbage.write_text("no structure\n")
    before = sorted(os.listdir(tmp_path))
    good, output = ["-m", folder], ["-o", tmp_path / "out.pdb"]
    cases: list[tuple[list[object], type[ProteinGraphError], str]] = [
        ([tmp_path / "absent.pdb", *good, *output], StructureError, "absent.pdb"),
        ([tmp_path, *good, *output], StructureError, str(tmp_path)),
        ([empty, *good, *output], StructureError, "the file is empty"),
        ([garbage, *good, *output], StructureError, "garbage.cif"),
        ([two_chains, "-m", tmp_path, *output], WeightsError, "no folder of saved weights"),
        ([two_chains, "-m", two_chains, *output], WeightsError, "no folder of saved weights"),
        ([two_chains, *good, *output, "--sigma", 0], ConfigError, "--sigma must be above 0"),
        ([two_chains, *good, *output, "--sigma", "nan"], ConfigError, "--sigma must be above 0"),
        ([two_chains, *good, *output, "--sigma", "inf"], ConfigError, "--sigma must be above 0"),
        ([two_chains, *good, *output, "--sigma", "1e300"], ConfigError, "from 0.0001 to 10000"),
        ([two_chains, *good, *output, "--perturb", "1e-30"], ConfigError, "from 0.0001 to 10000"),
        ([two_chains, *good, *output, "--perturb", -1], ConfigError, "--perturb must be above 0"),
        ([two_chains, *good, *output, "--chains", "Z"], StructureError, "Z"),
        ([two_chains, *good, "-o", tmp_path / "out.xyz"], ConfigError, "must end in .pdb, .cif"),
        ([two_chains, *good, "-o", tmp_path / "no/out.pdb"], ConfigError, "does not exist"),
        ([two_chains, *good, "-o", two_chains], ConfigError, "write to another name"),
        ([two_chains, *good, *output, "--scores", tmp_path / "s.txt"], ConfigError, ".parquet"),
    ]
    for arguments, kind, told in cases:
        result = call(*arguments)
        assert type(result.exception) is kind, (arguments, result.exception)
        assert told in str(result.exception) and "\n" not in str(result.exception)
    assert sorted(os.listdir(tmp_path)) == before
    for option in (
        ["--sigma", "much"],
        ["--steps", 0],
        ["--seed", -1],
        ["--seed", 2**64],
        ["--depth", 1],
    ):
        assert call(two_chains, *good, *output, *option).exit_code == 2


def test_a_structure_without_ca(two_chains, folder, tmp_path) -> None:
    lines = two_chains.read_text().splitlines(keepends=True)
    source = tmp_path / "no_ca.pdb"
    source.write_text("".join(line for line in lines if line[12:16] != " CA "))
    result = call(source, "-m", folder, "-o", tmp_path / "out.pdb")
    assert isinstance(result.exception, StructureError)
    assert "CA" in str(result.exception)


def test_a_table_that_cannot_be_written(two_chains, folder, tmp_path) -> None:
    (tmp_path / "scores.csv").mkdir()
    result = call(
        two_chains, "-m", folder, "-o", tmp_path / "out.pdb", "--scores", tmp_path / "scores.csv"
    )
    assert isinstance(result.exception, ConfigError)
    assert "scores.csv: cannot be written" in str(result.exception)
    assert sorted(os.listdir(tmp_path)) == ["out.pdb", "scores.csv"]


def test_as_a_process(two_chains, folder, tmp_path) -> None:
    """Errors are one line and exit code 1; help comes without importing torch."""
    program = "import sys; from proteingraph.cli import main\ntry: main()\n"
    program += "finally: print('torch' in sys.modules)"

    def process(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", program, "denoise", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120)

    shown = process("--help")
    assert shown.returncode == 0 and shown.stdout.endswith("False\n")
    assert "--perturb" in shown.stdout
    bad = process(two_chains, "-m", folder, "-o", tmp_path / "out.xyz")
    assert bad.returncode == 1 and bad.stdout == "False\n"
    assert bad.stderr.startswith("error: ") and bad.stderr.count("\n") == 1
