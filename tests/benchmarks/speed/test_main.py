"""Every benchmark of speed runs on little, and all are run by one command."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

import pytest

from benchmarks.speed.__main__ import PARTS, arguments_of, main, parse
from benchmarks.speed.aims import NOT_RUN, RECORDS
from benchmarks.speed.peers import PEERS
from benchmarks.speed.readers import READERS
from benchmarks.speed.searches import SEARCHES
from benchmarks.speed.summary import BEGIN, END

OTHERS = {"encoder": PEERS, "graph": SEARCHES, "file_to_graph": READERS}
SLOW = [pytest.param(part, marks=pytest.mark.slow if part == "store" else ()) for part in PARTS]


@pytest.mark.parametrize("part", SLOW)
def test_a_part_runs_on_little(part, tmp_path, capsys):
    options = parse(["--quick", "--threads", "1"])
    import_module(f"benchmarks.speed.{part}").main(arguments_of(part, options, tmp_path))
    record = json.loads((tmp_path / f"{part}.json").read_text(encoding="utf-8"))
    assert record["benchmark"] == f"speed/{part}" and record["threads"] == 1
    told = RECORDS.get(part, lambda record: ())(record)
    assert not told or any(row.measured != NOT_RUN for row in told)
    said = capsys.readouterr().out
    for name, other in OTHERS.get(part, {}).items():
        assert (f"{name}: left out" in said) is not other.installed
    assert ("graphein: left out" in said) == (part == "file_to_graph")
    if part == "pretrain":
        (run,) = record["settings"]
        assert run["pipeline"] == pytest.approx(sum(run["shares"].values()))
        assert min(run["shares"].values()) > 0 and run["pipeline"] < 1
        seen = run["seconds_a_step"] * run["residues_per_second"]
        assert 100 < seen < 300  # batches of about 200 residues
    if part == "embed":
        assert list(record["sources"]) == ["store", "pdb", "cif", "bcif"]
        for its in (its for found in record["one_process"].values() for its in found.values()):
            assert sum(its["shares"].values()) == pytest.approx(1, abs=0.05)
            assert min(its["shares"].values()) > 0
            rates = its["residues_per_second"], its["chains_per_second"]
            assert 100 < rates[0] / rates[1] < 300


def test_parts_are_called_with_what_concerns_them(tmp_path):
    options = parse(["--data-root", "corpus", "--threads", "3", "--graphein", "python"])
    called = {part: arguments_of(part, options, tmp_path) for part in PARTS}
    assert arguments_of("modes", options, None) == ["--threads", "3"]
    assert called["encoder"] == ["--threads", "3", "--json", str(tmp_path / "encoder.json")]
    assert called["embed"][:6] == ["--threads", "1", "--data-root", "corpus", "--jobs", "3"]
    assert "--graphein" in called["file_to_graph"] and "--graphein" not in called["graph"]


def test_the_table_is_made_of_the_records_at_hand(tmp_path, capsys):
    readme, results = tmp_path / "README.md", tmp_path / "speed" / "results"
    readme.write_text(f"{BEGIN}\n{END}\n")
    results.mkdir(parents=True)
    record = {
        "assemblies": [],
        "store": {"graphs_per_processor_second": {"11": {"store to graph": 700.0}}},
    }
    (results / "graph.json").write_text(json.dumps(record))
    command = ["--table", "--results", str(results), "--readme", str(readme)]
    assert main(command) == 0
    text = readme.read_text(encoding="utf-8")
    assert "| 700 graphs/s a core | 1.40 | met |" in text and NOT_RUN in text
    assert "(speed/results/speed.svg)" in text and (results / "speed.svg").stat().st_size > 1000
    assert main([*command, "--quick"]) == 0
    assert readme.read_text(encoding="utf-8") == text and "700 graphs" in capsys.readouterr().out


def test_the_read_me_has_the_markers():
    text = (Path(__file__).parents[3] / "benchmarks" / "README.md").read_text(encoding="utf-8")
    assert text.count(BEGIN) == text.count(END) == 1


@pytest.mark.slow
def test_one_part_that_fails_does_not_stop_the_others(tmp_path, capfd):
    options = ["--quick", "--data-root", str(tmp_path / "none"), "--results", str(tmp_path)]
    assert main(["--parts", "graph", "modes", *options]) == 1
    assert "graph: failed" in capfd.readouterr().out
    assert (tmp_path / "modes.json").exists() and not (tmp_path / "graph.json").exists()
