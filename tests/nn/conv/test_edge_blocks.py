"""Edges updated in blocks: the same as all at once, and left alone where someone looks on."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from proteingraph.nn import ResidueConv
from proteingraph.nn.conv import edge_blocks, residue_conv
from proteingraph.nn.conv.edge_blocks import can_block, update_in_blocks
from proteingraph.ops import knn_edges

RESIDUES, DEGREE = 23, 5


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Blocks of three residues, the last of two."""
    monkeypatch.setattr(edge_blocks, "BLOCK", 3 * DEGREE)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def plain(monkeypatch):
    """A function that runs a layer step by step, as where blocks cannot be used."""

    def run(conv, *inputs):
        with monkeypatch.context() as patch:
            patch.setattr(residue_conv, "can_block", lambda *_: False)
            return conv(*inputs)

    return run


def layer(**options):
    torch.manual_seed(0)
    conv = ResidueConv(6, 4, 5, 3, **options)
    for parameter in conv.parameters():
        nn.init.normal_(parameter, std=0.5)
    return conv


def inputs(dtype=torch.float32):
    torch.manual_seed(1)
    x, noise, pos = torch.randn(RESIDUES, 6), torch.randn(2, 3), torch.randn(RESIDUES, 3)
    batch = (torch.arange(RESIDUES) > 12).long()
    edge_index = knn_edges(pos, DEGREE, batch)
    edge_attr = 3 + torch.randn(RESIDUES * DEGREE, 4)
    return x.to(dtype), edge_attr.to(dtype), edge_index, noise.to(dtype), batch


def test_blocks_take_all_rows_once():
    blocks = edge_blocks._blocks(RESIDUES, DEGREE)
    rows = [row for rows, _ in blocks for row in range(*rows.indices(RESIDUES))]
    edges = [edge for _, part in blocks for edge in range(*part.indices(RESIDUES * DEGREE))]
    assert len(blocks) == 8
    assert rows == list(range(RESIDUES)) and edges == list(range(RESIDUES * DEGREE))


@pytest.mark.parametrize("options", [{}, {"update_residues": False}])
@pytest.mark.parametrize(
    ("dtype", "close"),
    [(torch.float32, {"rtol": 1e-4, "atol": 1e-5}), (torch.float64, {"rtol": 1e-9, "atol": 1e-9})],
)
def test_a_layer_and_its_gradients_are_the_same(dtype, close, options, plain):
    conv = layer(**options).to(dtype)
    twin, found = copy.deepcopy(conv), []
    for run, network in ((conv, conv), (lambda *given: plain(twin, *given), twin)):
        x, edge_attr, edge_index, noise, batch = inputs(dtype)
        leaves = [value.requires_grad_() for value in (x, edge_attr, noise)]
        out, edges = run(x, edge_attr, edge_index, noise, batch)
        (out.square().sum() + (edges**3).sum()).backward()
        of_parameters = [value.grad for value in network.parameters()]
        assert all(value is not None and value.any() for value in of_parameters)
        found.append([out, edges, *of_parameters, *(leaf.grad for leaf in leaves)])
    for ours, expected in zip(*found, strict=True):
        torch.testing.assert_close(ours, expected, **close)


def test_blocks_are_used(monkeypatch):
    calls = []
    counted = lambda *given: calls.append(1) or update_in_blocks(*given)  # noqa: E731
    monkeypatch.setattr(residue_conv, "update_in_blocks", counted)
    conv = layer()
    conv(*inputs())
    assert calls == [1]


@pytest.mark.parametrize("requires_grad", [True, False])
def test_no_gradient_changes_nothing(requires_grad, plain):
    conv = layer().requires_grad_(requires_grad)
    given = inputs()
    kept = [value.clone() for value in given]
    expected = plain(conv, *given)
    with torch.no_grad():
        found = conv(*given)
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)
        assert not ours.requires_grad
    assert all(torch.equal(now, before) for now, before in zip(given, kept, strict=True))


def test_derivatives_of_any_order():
    torch.manual_seed(2)
    *_, edge_index, _, _ = inputs()
    shapes = (RESIDUES * DEGREE, 2), (RESIDUES, 3), (RESIDUES, 3), (3, 2), (2, 3), (2,)
    values = [torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes]
    few = [*values[:3], *(value.detach() for value in values[3:])]

    def update(*arguments):
        return update_in_blocks(*arguments, edge_index)

    assert torch.autograd.gradcheck(update, values, fast_mode=True)
    assert torch.autograd.gradgradcheck(update, values, fast_mode=True)
    assert torch.autograd.gradgradcheck(update, few, fast_mode=True)


def test_where_edges_cannot_be_blocked():
    _, edge_attr, edge_index, *_ = inputs()
    assert can_block(edge_attr, edge_index, RESIDUES)
    assert can_block(edge_attr.double(), edge_index, RESIDUES)
    assert not can_block(edge_attr.bfloat16(), edge_index, RESIDUES)
    assert not can_block(edge_attr.to("meta"), edge_index, RESIDUES)
    assert not can_block(edge_attr[:0], edge_index[:, :0], RESIDUES)
    assert not can_block(edge_attr, edge_index, RESIDUES + 1)
    assert not can_block(edge_attr[1:], edge_index[:, 1:], RESIDUES)
    assert not can_block(edge_attr, edge_index.flip(1), RESIDUES)
    assert not can_block(edge_attr.t().contiguous().t(), edge_index, RESIDUES)
    with torch.autocast("cpu", torch.bfloat16):
        assert not can_block(edge_attr, edge_index, RESIDUES)


def test_hooks_and_other_modules_are_heeded(monkeypatch):
    def refuse(*_):
        raise AssertionError("went past those who look on")

    monkeypatch.setattr(residue_conv, "update_in_blocks", refuse)
    given, seen = inputs(), []
    see = lambda *_: seen.append(1)  # noqa: E731
    for register in ("register_message_forward_hook", "register_edge_update_forward_pre_hook"):
        conv = layer()
        getattr(conv, register)(see)
        conv(*given)
    conv = layer()
    conv.edge_in.register_forward_hook(see)
    conv(*given)
    assert seen == [1, 1, 1]
    conv = layer()
    conv.edge_out = nn.Sequential(conv.edge_out)
    conv(*given)
    conv = layer(dropout=0.5)
    conv(*given)
    with pytest.raises(AssertionError, match="look on"):
        conv.eval()(*given)
