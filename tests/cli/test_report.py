"""Reports from the command line."""

from __future__ import annotations

import base64
import json
import re

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from proteingraph.assess import predict_sites
from proteingraph.cli.report import report
from proteingraph.datasets import load_cath_scop_mini
from proteingraph.errors import ConfigError, StructureError, WeightsError
from proteingraph.tasks import TaskModel

app = typer.Typer()
app.command()(report)


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def payload(path):
    text = re.search(r'id="payload">(.*?)</script>', path.read_text("utf-8"), re.DOTALL)[1]
    return json.loads(text)


@pytest.fixture
def few_domains(monkeypatch, tmp_path):
    """Few shipped domains, and a cache of their own."""
    few = load_cath_scop_mini().subset(np.arange(12))
    monkeypatch.setattr("proteingraph.datasets.load_cath_scop_mini", lambda: few)
    monkeypatch.setattr("pooch.os_cache", lambda name: tmp_path / "cache" / name)
    return few


def test_report_of_a_chain(weights, test_files, tmp_path):
    page, table = tmp_path / "report.html", tmp_path / "quality.csv"
    table.write_text("chain,residue_number,quality\nA,991,0.5\n")
    file = test_files / "5zng.cif.gz"
    chains = ("--chains", "A", "--values", table, "--plddt", "--sigma", "2")
    without = ("--no-neighbors", "--no-tasks")
    result = run(file, "-o", page, "-m", weights, *chains, *without)
    assert result.exit_code == 0, result.output
    assert str(page) in result.output.replace("\n", "")
    shown = payload(page)
    assert shown["chains"] == ["A"]
    names = [column["name"] for column in shown["columns"]]
    assert names[:2] == ["quality", "score norm"]
    assert names[-1] == "pLDDT"
    assert "told noise of 2 Å" in shown["columns"][1]["about"]
    assert "Nearest domains" not in page.read_text("utf-8")


def test_what_tasks_predict_is_shown(
    weights, test_files, tmp_path, quality_folder, sites_folder, monkeypatch
):
    page = tmp_path / "report.html"
    shipped = {"quality_base": quality_folder, "sites_base": sites_folder}
    monkeypatch.setattr("proteingraph.viz.report.tasks.resolve_name", shipped.get)
    monkeypatch.setattr(
        "proteingraph.zoo.load_task",
        lambda name: TaskModel.from_pretrained(shipped.get(name, name)),
    )
    file = test_files / "5zng.cif.gz"
    assert run(file, "-o", page, "-m", weights, "--no-neighbors").exit_code == 0
    quality, site, score = payload(page)["columns"][:3]
    assert [one["name"] for one in (quality, site, score)] == [
        "predicted lDDT",
        "site probability",
        "score norm",
    ]
    assert (quality["low"], quality["high"], site["low"], site["high"]) == (0, 1, 0, 1)
    assert "as quality_base" in quality["about"]
    packed = np.frombuffer(base64.b64decode(site["values"]["data"]), "<f4")
    np.testing.assert_array_equal(packed, predict_sites(file, sites_folder).values)
    del shipped["quality_base"]
    run(file, "-o", page, "-m", weights, "--no-neighbors")
    assert payload(page)["columns"][0]["name"] == "site probability"


def test_nearest_domains_are_named(weights, test_files, tmp_path, few_domains):
    page = tmp_path / "report.html"
    file = test_files / "5zng.cif.gz"
    options = ("--complex", "--no-tasks")
    assert run(file, "-o", page, "-m", weights, *options).exit_code == 0
    text = page.read_text("utf-8")
    listed = re.findall(r'<th scope="row">(\w+)</th>', text)
    assert len(listed) == 8
    assert set(listed) <= set(few_domains.names.tolist())
    assert "Chains A,C" in text
    assert len(list((tmp_path / "cache" / "proteingraph").iterdir())) == 1


def test_wrong_input(weights, test_files, tmp_path):
    file, good = test_files / "1aki.cif", tmp_path / "report.html"
    for arguments, kind, told in (
        ((file, "-o", tmp_path / "report.txt"), ConfigError, "must end in .html"),
        ((file, "-o", tmp_path / "absent" / "report.html"), ConfigError, "does not exist"),
        ((file, "-o", good, "--sigma", "0"), ConfigError, "above 0"),
        ((tmp_path / "absent.pdb", "-o", good, "-m", "dsm_smal"), WeightsError, "did you mean"),
        ((file, "-o", good, "--values", tmp_path / "no.csv"), ConfigError, "no.csv"),
        ((tmp_path / "absent.pdb", "-o", good), StructureError, "absent.pdb"),
    ):
        result = run(*arguments, "--no-neighbors")
        assert isinstance(result.exception, kind), result.output
        assert told in str(result.exception)
    assert not list(tmp_path.iterdir())
