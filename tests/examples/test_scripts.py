"""The examples that print what they found run as they stand, and find it."""

from __future__ import annotations

import re
import runpy
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from proteingraph.assess import predict_quality
from proteingraph.io import read_structure, write_structure

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def run(monkeypatch, capsys):
    """Run an example by name with arguments; give what it prints."""

    def script(name, *arguments):
        path = EXAMPLES / f"{name}.py"
        monkeypatch.setattr(sys, "argv", [str(path), *map(str, arguments)])
        runpy.run_path(str(path), run_name="__main__")
        return capsys.readouterr().out

    return script


@pytest.mark.parametrize("network", ["schnet", "gat"])
def test_networks_of_pyg_learn_the_gradient(run, network):
    printed = run(
        "pretrain_pyg_networks", "--network", network, "--steps", 25, "--channels", 32,
        "--domains", 16,
    )  # fmt: skip
    before, after = map(float, re.findall(r"error \D*(?:\d+ steps: )?(\d\.\d+)", printed))
    assert before == pytest.approx(1.0, abs=0.1)  # it starts by predicting nothing
    assert after < 0.93 * before


def test_plain_network_learns_the_class(run):
    printed = run("train_plain_gnn", "--steps", 40)
    common, told = (float(x) for x in re.findall(r": (0\.\d+)", printed))
    assert told > common + 0.05


def test_folder_is_searched(run, test_files, weights, tmp_path):
    (tmp_path / "files").mkdir()
    for name in ("1aki.pdb", "1HE1_r_u.pdb", "5zng.pdb.gz"):
        (tmp_path / "files" / name).symlink_to(test_files / name)
    (tmp_path / "files" / "bad.pdb").write_text("nothing\n")
    arguments = (tmp_path / "index", "--folder", tmp_path / "files", "--model", weights)
    printed = run("search_folder", *arguments)
    assert "left out: " in printed and "bad.pdb" in printed
    first = re.search(r"1aki_A:\n +(\S+)  (\S+)", printed)
    assert first[2] == "1aki_A" and float(first[1]) == pytest.approx(1.0, abs=1e-3)
    assert run("search_folder", *arguments) == printed  # from the index that is there


def test_confident_residues_are_embedded(run, test_files, weights, quality_folder, tmp_path):
    native = read_structure(test_files / "1aki.pdb")
    predicted = predict_quality(native, quality_folder).b_factors().astype(np.float32)
    least = float(np.median(predicted))
    model = tmp_path / "model.pdb"
    write_structure(
        replace(native, b_factor=predicted, atom_b_factor=predicted[native.atom_residue]), model
    )
    kept = int((read_structure(model).b_factor >= least).sum())
    printed = run("read_alphafold", model, "--plddt", least, "--model", weights)
    assert f"chain A: {kept} residues embedded" in printed and 0 < kept < len(native)
    shares = [float(share) for share in re.findall(r"([\d.]+)%", printed)]
    assert len(shares) == 4 and sum(shares) == pytest.approx(100, abs=0.3)


def test_a_column_of_no_confidence_is_refused(run, test_files, tmp_path):
    native = read_structure(test_files / "1aki.pdb")
    none = np.zeros(len(native.atom_name), np.float32)
    write_structure(
        replace(native, b_factor=native.b_factor * 0, atom_b_factor=none), tmp_path / "a.pdb"
    )
    with pytest.raises(SystemExit, match="no pLDDT"):
        run("read_alphafold", tmp_path / "a.pdb")
