"""What the benchmark of encoders times: networks that do what they are said to do, and figures."""

from __future__ import annotations

import json

import pytest
import torch

from benchmarks.speed.encoder import Measurements, main
from benchmarks.speed.peers import PEERS
from benchmarks.speed.subjects import (
    DENSE,
    OURS,
    make_networks,
    parameters,
    perturbed,
    structure,
    variants,
    work,
)

CPU = torch.device("cpu")
INSTALLED = [name for name, peer in PEERS.items() if peer.installed]


@pytest.fixture(scope="module")
def model():
    network = make_networks([OURS], CPU)[OURS]
    torch.nn.init.normal_(network.gradient.network[-1].weight)  # new networks estimate nothing
    return network


@pytest.fixture(scope="module")
def graph(model):
    return perturbed(model, 40, CPU)


@pytest.mark.parametrize("residues", [40, 597, 1500])
def test_a_structure_has_the_residues_asked_for(residues):
    data = structure(residues)
    key = torch.stack([data.chain, data.position])
    assert data.num_nodes == residues and torch.unique(key, dim=1).size(1) == residues
    assert (data.chain.max() == 0) == (residues < 600)
    assert torch.cdist(data.pos, data.pos).fill_diagonal_(9).min() > 1


@pytest.mark.parametrize("name", INSTALLED)
def test_a_peer_is_as_large_as_ours_and_turns_with_the_structure(name, model, graph):
    network = make_networks([name], CPU)[name]
    assert parameters(network) == pytest.approx(parameters(model), rel=0.1)
    turn = torch.linalg.qr(torch.randn(3, 3, generator=torch.manual_seed(0)))[0]
    turn *= turn.det()
    turned = graph.clone()
    turned.pos = graph.pos @ turn.T
    estimate = network(graph)
    torch.testing.assert_close(
        network(turned) / estimate.abs().max(),
        estimate @ turn.T / estimate.abs().max(),
        atol=1e-4,
        rtol=0,
    )
    assert estimate.abs().max() > 0
    estimate.square().sum().backward()
    # The transformer's last norm is of scalars, which estimate nothing.
    assert all(
        value.grad is not None for key, value in network.named_parameters() if "out_norm" not in key
    )


def test_ours_estimates_the_same_whatever_precedes_it(model, graph):
    estimates = [network(graph) for network in variants(model).values()]
    assert len(estimates) == 3 and estimates[0].abs().max() > 0
    for estimate in estimates[1:]:
        torch.testing.assert_close(estimate, estimates[0])
    assert graph.x is not None and graph.edge_attr.size(1) == model.graph.edge_channels


def test_only_a_training_step_changes_parameters(model, graph):
    before = model.encoder.node_in.weight.clone()
    work(model, list(model.parameters()), graph, "forward")()
    assert torch.equal(model.encoder.node_in.weight, before)
    work(model, list(model.parameters()), graph, "training step")()
    assert not torch.equal(model.encoder.node_in.weight, before)


def test_what_takes_too_long_is_run_once(graph):
    calls = {OURS: 0, "other": 0}

    def count(name):
        calls[name] += 1
        return sum(range(10**6))

    works = {name: lambda name=name: count(name) for name in calls}
    found = Measurements(patience=0.0, repeats=2)
    found.add("forward", 40, works, graph)
    assert calls == {OURS: 1, "other": 1}
    assert found.figures["forward"][40]["other"]["rounds"] == 1
    found = Measurements(patience=100.0, repeats=2)
    found.add("forward", 40, works, graph)
    assert min(calls.values()) > 3
    assert found.figures["forward"][40][OURS]["times_ours"] == 1


def test_growth_is_the_power_of_the_number_of_residues():
    found = Measurements(1.0, 1)
    for size in (10, 100):
        figures = {"residues_per_second": 1 / size, "peak_bytes": 7 * size}
        found.figures["forward"][size] = {OURS: figures}
    assert found.growth(OURS) == {
        "forward": {"residues": [10, 100], "time": pytest.approx(2), "memory": pytest.approx(1)}
    }


def test_the_benchmark_writes_what_it_measured(tmp_path, capsys):
    file = tmp_path / "encoder.json"
    sizes = ["--sizes", "32", "48", "--long", "--dense", "32", "--dense-forward"]
    rounds = ["--repeats", "1", "--limit-size", "32", "--threads", "1", "--json", str(file)]
    main(["--networks", "GVP-GNN", DENSE, *sizes, *rounds])
    told = json.loads(file.read_text(encoding="utf-8"))
    assert set(told["parameters"]) == {OURS, DENSE, "GVP-GNN"}
    assert set(told["figures"]["training step"]["32"]) == {*told["parameters"], *variants(None)}
    assert DENSE not in told["figures"]["training step"]["48"]
    assert told["figures"]["forward"]["48"]["GVP-GNN"]["residues_per_second"] > 0
    assert told["growth"]["training step"]["residues"] == [32, 48]
    assert 0 < told["limit"]["forward"]["flops"] < told["limit"]["training step"]["flops"]
    assert "| 48       |" in capsys.readouterr().out
