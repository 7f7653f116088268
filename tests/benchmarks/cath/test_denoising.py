"""The denoising benchmark on a few domains with small networks."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks.cath import denoising
from benchmarks.cath.labels import new_topology
from benchmarks.common import load_domains, spread
from benchmarks.pretraining.evaluate import evaluate
from proteingraph.pretrain import DenoisingModel

FEW = ["--domains", "5", "--crop", "40", "--sigma", "5", "0.5", "--noise-seeds", "2"]
LANGEVIN = ["--langevin-domains", "2", "--langevin-sigma", "1", "--levels", "2", "--steps", "1"]


@pytest.fixture(scope="module")
def record(weights, guessing_weights, tmp_path_factory):
    output = tmp_path_factory.mktemp("denoising") / "record.json"
    networks = ["--weights", str(weights), "--weights", str(guessing_weights)]
    denoising.main([*networks, *FEW, *LANGEVIN, "--json", str(output)])
    return json.loads(output.read_text(encoding="utf-8"))


def test_an_untrained_network_predicts_nothing(record, weights):
    assert record["settings"]["held_out_domains"] == 327
    for sigma in ("5", "0.5"):
        found = record["one_step"][weights.name][sigma]
        error = found["unit_noise_error"]["perturbed"]
        assert error["mean"] == pytest.approx(1, abs=0.15)
        for metric in denoising.METRICS:
            assert found[metric]["one step"] == pytest.approx(found[metric]["perturbed"], rel=1e-4)
        assert 0 < found["lddt"]["perturbed"]["mean"] < 1
        # Superposition takes a little of the noise away.
        expected = float(sigma) * 3**0.5
        assert 0.85 * expected < found["rmsd"]["perturbed"]["mean"] < 1.02 * expected


def test_all_networks_see_the_same_noise(record, weights, guessing_weights):
    names = weights.name, guessing_weights.name
    for part, sigma in (("one_step", "0.5"), ("langevin", "1")):
        first, second = (record[part][name][sigma]["rmsd"] for name in names)
        assert first["perturbed"] == second["perturbed"]
        assert first["one step"] != second["one step"]


def test_langevin_is_compared_on_its_own_domains(record, weights):
    found = record["langevin"][weights.name]["1"]
    assert list(found["rmsd"]) == ["perturbed", "one step", "Langevin"]
    # Noise is added and, by a network that estimates nothing, never taken away.
    assert found["rmsd"]["Langevin"]["mean"] > found["rmsd"]["perturbed"]["mean"]
    assert record["settings"]["langevin_domains"] == 2


def test_errors_are_those_of_pre_training(guessing_weights, tmp_path):
    output = tmp_path / "record.json"
    options = [*FEW[:-1], "1", "--langevin-domains", "0", "--residues", "90"]
    denoising.main(["--weights", str(guessing_weights), *options, "--json", str(output)])
    record = json.loads(output.read_text(encoding="utf-8"))
    domains = load_domains()
    new = new_topology(domains["test"], domains["train"], domains["validation"])
    pack = spread(domains["test"].subset(new), 5)
    model = DenoisingModel.from_pretrained(guessing_weights)
    errors = evaluate(model, pack, 40, 1000, [5.0, 0.5])
    for sigma, error in errors.items():
        found = record["one_step"][guessing_weights.name][f"{sigma:g}"]["unit_noise_error"]
        assert found["one step"]["per_residue"] == pytest.approx(error, rel=1e-3)
        assert found["one step"]["sd_seeds"] is None
    assert record["langevin"] == {}


def test_summary_by_hand():
    values = np.zeros((2, 3, 2, 3))  # seeds, metrics, stages, domains
    values[:, 0, 1] = [[1, 2, 3], [3, 4, 5]]
    found = denoising.summarize(values, np.array([10, 10, 80]))["unit_noise_error"]["one step"]
    assert found == pytest.approx(
        {"mean": 3.0, "sd_domains": 1.0, "sd_seeds": 2**0.5, "per_residue": 3.7}
    )
