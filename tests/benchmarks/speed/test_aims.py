"""What is asked of speed, told from records."""

from __future__ import annotations

import pytest

from benchmarks.speed.aims import NOT_RUN, RECORDS, Row, rows


def timed(seconds: float, peak: int = 1000) -> dict[str, float]:
    # Two threads: twice the processor's time.
    return {"seconds": seconds, "processor_seconds": 2 * seconds + 0.1, "peak_bytes": peak}


def ours(residues: int) -> dict[str, dict[str, float]]:
    return {
        "ours": timed(residues / 1000, residues**2),
        "ours, attributes too": timed(2 * residues / 1000, residues),
        "ours, from coordinates": timed(4 * residues / 1000, residues),
    }


@pytest.fixture
def encoder():
    step = {
        "64": {**ours(64), "SchNet": timed(0.256), "GVP-GNN": timed(0.192), "e3nn": timed(0.256)},
        "256": {**ours(256), "CondResNet": timed(51.2), "SchNet": timed(0.256)},
    }
    limit = {"training step": {"share_of_the_limit": 0.25}}
    return {"threads": 2, "figures": {"training step": step, "forward": {}}, "limit": limit}


def told(name: str, record: dict) -> dict[str, Row]:
    return {row.what: row for row in RECORDS[name](record)}


def test_nothing_is_made_up_where_nothing_was_run():
    lines = rows({})
    assert len(lines) > 25 and {row.measured for row in lines} == {NOT_RUN}
    assert all(row.factor is None and row.met is None for row in lines)
    assert sum(bool(row.asked) for row in lines) == 21


def test_networks_are_compared_with_ours_from_where_they_start(encoder):
    found = told("encoder", encoder)
    dense = found["training step beside `CondResNet`, 256 residues"]
    assert dense == Row(dense.what, "≥ 30 x", "50 x", pytest.approx(50 / 30), True)
    assert found["training step beside `CondResNet`, 512 residues"].measured == NOT_RUN
    schnet = found["training step beside SchNet, where it is closest"]
    assert schnet.measured == "0.5 x (SchNet, 256 residues)" and schnet.met is False
    closest = found["training step beside the closest equivariant network"]
    assert closest.factor == pytest.approx(0.75) and closest.met is False
    lacking = "GVP-GNN, 64 residues; EGNN not run; TorchMD-NET not run"
    assert closest.measured == f"1.5 x ({lacking})"


def test_one_thread_is_timed_by_the_processor(encoder):
    encoder["threads"] = 1
    dense = told("encoder", encoder)["training step beside `CondResNet`, 256 residues"]
    assert dense.measured == f"{102.5 / 2.148:.3g} x"
    encoder["command"] = "encoder.py --device cuda"
    dense = told("encoder", encoder)["training step beside `CondResNet`, 256 residues"]
    assert dense.measured == "50 x"


def test_growth_is_that_of_the_way_that_grows_most(encoder):
    found = told("encoder", encoder)
    time = found["training step: power of residues that time grows with"]
    memory = found["training step: power of residues that memory grows with"]
    assert time.measured == "1 (64 to 256 residues)" and time.met
    assert memory.factor == pytest.approx(1.1 / 2) and memory.met is False
    assert found["forward: power of residues that time grows with"].measured == NOT_RUN


def test_on_a_gpu_nothing_is_asked(encoder):
    found = told("encoder_gpu", encoder)
    assert {(row.asked, row.met) for row in found.values()} == {("", None)}
    assert found["on a GPU: training step beside `CondResNet`, 256 residues"].measured == "50 x"
    assert found["on a GPU: training step beside SchNet, at any size"].measured.startswith("0.5 x")
    large = "on a GPU: training step beside the closest equivariant network, 256 residues"
    assert found[large].measured == NOT_RUN  # none was run at that size
    assert [row.measured for row in found.values()][-1] == "25 %"


def searched(ratio: float, differ: int = 0, seconds: float = 0.4) -> dict:
    return {
        "native": {"edges_that_differ": 0, "processor_seconds": seconds},
        "torch-cluster": {"edges_that_differ": differ, "times_native": ratio},
    }


def test_edges_are_judged_by_the_worst_case():
    one = {"proteins": 1, "residues": 50, "nearest": searched(0.5), "within": searched(1.0)}
    two = {"proteins": 8, "residues": 400, "nearest": searched(1.25), "within": searched(2.0, 3)}
    large = {"residues": 50_000, "nearest": searched(0.8), "within": searched(1.0)}
    rates = {"11": {"store to graph": 600.0}}
    record = {
        "batches": [one, two],
        "assemblies": [large],
        "store": {"graphs_per_processor_second": rates},
    }
    slowest, batches, exact, far, stored = RECORDS["graph"](record)
    assert slowest.measured == ("2 x the time (30 nearest, 50 residues in 1); no slower in 4 of 6")
    assert slowest.factor == pytest.approx(0.6) and slowest.met is False
    assert batches.factor == pytest.approx(1.25) and batches.met
    assert (exact.measured, exact.met) == ("3", False)
    assert (far.measured, far.factor) == ("0.4 s", pytest.approx(2.0))
    assert stored.factor == pytest.approx(1.2)


def test_files_are_judged_by_the_slower_kind():
    def figures(rate: float, times: float) -> dict[str, float]:
        return {"files_per_second_parsed": 2 * rate, "files_per_second": rate, "times_ours": times}

    record = {
        "pdb": {
            "a": {"ours": figures(150, 1), "ProDy": figures(10, 15)},
            "b": {"ours": figures(120, 1), "ProDy": figures(10, 12)},
        }
    }
    parsed, graphs, read, alone, graphein = RECORDS["file_to_graph"](record)
    assert (parsed.factor, parsed.met) == (pytest.approx(0.8), False)
    assert (graphs.measured, graphs.met) == ("120 files/s a core", True)
    assert alone.measured == "12 x" and {read.measured, graphein.measured} == {NOT_RUN}
    record["graphein"] = {"times_ours": 94.0}
    assert list(RECORDS["file_to_graph"](record))[-1].factor == pytest.approx(9.4)


def test_the_data_are_judged_with_two_threads_and_no_workers():
    def run(threads: int, workers: int, share: float) -> dict:
        about = {"threads": threads, "workers": workers, "pipeline": share, "peak_bytes": 2**21}
        return {**about, "residues_per_second": 2345.6, "shares": {"graph": share}}

    record = {"settings": [run(1, 0, 0.3), run(2, 0, 0.05), run(2, 1, 0.4)]}
    share, *rates = RECORDS["pretrain"](record)
    assert (share.measured, share.factor) == ("5 % (graph 5.0)", pytest.approx(2))
    assert [row.measured for row in rates] == ["2,346 residues/s (2 MiB)"] * 3
    assert rates[2].what == "pre-training, 2 threads, 1 process for batches"


def test_embedding_is_told_by_weights_and_processes():
    record = {
        "processes": 3,
        "one_process": {"a": {"store": {"chains_per_processor_second": 12.34}}},
        "several_processes": {"a": {"cif": {"chains_per_second": 300.0}}},
    }
    found = told("embed", record)
    assert found["embedding with a, one process"].measured == "12.3 (from a store) chains/s"
    assert found["embedding with a, 3 processes"].measured == "300 (mmCIF) chains/s"
