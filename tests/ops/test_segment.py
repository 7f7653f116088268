"""Segment reductions: against PyG, by hand, and through their derivatives."""

from __future__ import annotations

import pytest
import torch
from torch_geometric.utils import scatter, softmax

from proteingraph.ops import (
    add_to_edges,
    add_to_edges_,
    gather,
    groups,
    segment_max,
    segment_mean,
    segment_softmax,
    segment_sum,
)

NUM = 7
LAYOUTS = {
    "uniform": torch.arange(NUM).repeat_interleave(4),
    "uneven": torch.tensor([0, 0, 0, 1, 3, 3, 5, 5, 5, 5, 5]),
    "unsorted": torch.tensor([3, 0, 5, 3, 1, 5, 5, 0, 2]),
    "no edges": torch.zeros(0, dtype=torch.long),
}
REDUCTIONS = {"sum": segment_sum, "mean": segment_mean, "max": segment_max}


@pytest.fixture(params=LAYOUTS, ids=str)
def index(request):
    return LAYOUTS[request.param].clone()


@pytest.fixture(params=[torch.float32, torch.float64], ids=str)
def dtype(request):
    return request.param


@pytest.mark.parametrize("shape", [(), (1,), (5,), (2, 3)], ids=str)
@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_agrees_with_pyg(index, dtype, reduce, shape):
    src = torch.randn(len(index), *shape, dtype=dtype, requires_grad=True)
    out = REDUCTIONS[reduce](src, index, NUM)
    expected = scatter(src, index, 0, NUM, reduce=reduce)
    torch.testing.assert_close(out, expected)
    weight = torch.randn_like(out)
    grads = [torch.autograd.grad((value * weight).sum(), src)[0] for value in (out, expected)]
    torch.testing.assert_close(*grads)


@pytest.mark.parametrize("shape", [(), (1,), (4,), (2, 3)], ids=str)
def test_softmax_agrees_with_pyg(index, dtype, shape):
    src = (10 * torch.randn(len(index), *shape, dtype=dtype)).requires_grad_()
    out = segment_softmax(src, index, NUM)
    expected = softmax(src, index, num_nodes=NUM)
    torch.testing.assert_close(out, expected)
    weight = torch.randn_like(out)
    grads = [torch.autograd.grad((value * weight).sum(), src)[0] for value in (out, expected)]
    torch.testing.assert_close(*grads)


def test_softmax_of_huge_scores():
    out = segment_softmax(torch.tensor([1e4, 1e4, -1e4]), torch.tensor([0, 0, 1]), 2)
    assert out.tolist() == [0.5, 0.5, 1.0]


@pytest.mark.parametrize("shape", [(), (4,), (2, 3)], ids=str)
def test_gather_is_the_row_of_each_edge(index, dtype, shape):
    src = torch.randn(NUM, *shape, dtype=dtype, requires_grad=True)
    out = gather(src, index)
    assert torch.equal(out, src[index])
    weight = torch.randn_like(out)
    grads = [torch.autograd.grad((value * weight).sum(), src)[0] for value in (out, src[index])]
    torch.testing.assert_close(*grads)


@pytest.mark.parametrize("shape", [(), (4,), (2, 3)], ids=str)
def test_edges_get_the_values_of_their_residues(index, dtype, shape):
    src = torch.randn(len(index), *shape, dtype=dtype, requires_grad=True)
    values = torch.randn(NUM, *shape, dtype=dtype, requires_grad=True)
    out, expected = add_to_edges(src, values, index), src + values[index]
    assert torch.equal(out, expected)
    with torch.no_grad():
        there = src.clone()
        assert add_to_edges_(there, values, index) is there and torch.equal(there, expected)
    weight = torch.randn_like(out)
    for one, other in zip(
        torch.autograd.grad((out * weight).sum(), (src, values)),
        torch.autograd.grad((expected * weight).sum(), (src, values)),
        strict=True,
    ):
        torch.testing.assert_close(one, other)


def test_edges_that_do_not_lie_side_by_side():
    index = LAYOUTS["uniform"]
    src = torch.randn(3, len(index)).T
    assert not src.is_contiguous()
    torch.testing.assert_close(segment_sum(src, index, NUM), segment_sum(src.clone(), index, NUM))
    assert torch.equal(add_to_edges(src, torch.ones(NUM, 3), index), src + 1)


@pytest.mark.parametrize("index", [[0, 0, 1, 1], [0, 0, 0, 1]])
def test_means_of_whole_numbers(index):
    src = torch.tensor([[1], [2], [3], [4]])
    found = segment_mean(src, torch.tensor(index), 2)
    torch.testing.assert_close(found, segment_mean(src.float(), torch.tensor(index), 2))


def test_nothing_at_all():
    none = torch.zeros(0, dtype=torch.long)
    assert segment_sum(torch.zeros(0, 3), none, 0).shape == (0, 3)
    assert segment_mean(torch.zeros(0, 3), none, 0).shape == (0, 3)
    assert segment_max(torch.zeros(0, 3), none, 0).shape == (0, 3)
    assert segment_softmax(torch.zeros(0, 3), none, 0).shape == (0, 3)
    assert gather(torch.zeros(0, 3, requires_grad=True), none).shape == (0, 3)
    assert segment_sum(torch.zeros(2, 0), torch.tensor([0, 1]), 2).shape == (2, 0)


def test_gradcheck(index):
    src = torch.randn(len(index), 3, dtype=torch.float64, requires_grad=True)
    node = torch.randn(NUM, 3, dtype=torch.float64, requires_grad=True)
    for reduce in (segment_sum, segment_mean):
        assert torch.autograd.gradcheck(lambda x, f=reduce: f(x, index, NUM), src)
        assert torch.autograd.gradgradcheck(lambda x, f=reduce: f(x, index, NUM), src)
    assert torch.autograd.gradcheck(lambda x: gather(x, index), node)
    assert torch.autograd.gradgradcheck(lambda x: gather(x, index), node)
    assert torch.autograd.gradcheck(lambda x: segment_max(x, index, NUM), src)
    assert torch.autograd.gradcheck(lambda x: segment_softmax(x, index, NUM), src)


def test_second_derivatives_in_float32(index):
    """The float32 path has derivatives of its own: compare with those of plain PyTorch."""

    def energy(edge, node, gather_, sum_):
        message = sum_((gather_(node) * edge).tanh())
        return (gather_(message) * edge).square().sum()

    edge = torch.randn(len(index), 3, requires_grad=True)
    node = torch.randn(NUM, 3, requires_grad=True)
    plain = (
        lambda x: x.index_select(0, index),
        lambda x: x.new_zeros(NUM, 3).index_add(0, index, x),
    )
    ours = (lambda x: gather(x, index), lambda x: segment_sum(x, index, NUM))
    seconds = []
    for functions in (plain, ours):
        first = torch.autograd.grad(energy(edge, node, *functions), (edge, node), create_graph=True)
        total = sum(grad.square().sum() for grad in first)
        seconds.append((*first, *torch.autograd.grad(total, (edge, node))))
    for expected, out in zip(*seconds, strict=True):
        torch.testing.assert_close(out, expected, rtol=1e-4, atol=1e-4)


def test_gradient_of_an_expanded_sum():
    src = torch.randn(6, 2, requires_grad=True)
    node = torch.randn(3, 2, requires_grad=True)
    index = torch.tensor([0, 0, 1, 2, 2, 2])
    segment_sum(src, index, 3).sum().backward()
    gather(node, index).sum().backward()
    assert torch.equal(src.grad, torch.ones(6, 2))
    assert torch.equal(node.grad, torch.tensor([[2.0, 2], [1, 1], [3, 3]]))


def test_reduced_precision():
    index = torch.arange(4).repeat_interleave(100)
    src = torch.rand(400, 8).bfloat16().requires_grad_()
    out = segment_sum(src, index, 4)
    assert out.dtype == torch.bfloat16
    torch.testing.assert_close(out.float(), src.float().view(4, 100, 8).sum(1), rtol=1e-2, atol=0)
    (grad,) = torch.autograd.grad(out.float().square().sum(), src)
    assert grad.dtype == torch.bfloat16


def test_an_index_is_grouped_once():
    index = torch.tensor([2, 0, 1, 2])
    found = groups.group_edges(index, 3)
    assert groups.group_edges(index, 3) is found
    assert groups.group_edges(index.clone(), 3) is not found
    assert groups.group_edges(index, 4) is not found
    assert found.order.tolist() == [1, 2, 0, 3]
    assert found.pointer.tolist() == [0, 1, 2, 4]
    assert not found.ascending
    assert found.degree == -1


def test_an_index_changed_in_place_is_grouped_anew():
    index = torch.tensor([0, 0, 1])
    src = torch.tensor([[1.0], [2.0], [4.0]])
    assert segment_sum(src, index, 2).flatten().tolist() == [3.0, 4.0]
    index[0] = 1
    assert segment_sum(src, index, 2).flatten().tolist() == [2.0, 5.0]
    assert segment_mean(src, index, 2).flatten().tolist() == [2.0, 2.5]


def test_grouping_is_forgotten_with_the_index():
    before = len(groups._known)
    index = torch.tensor([0, 1])
    segment_sum(torch.ones(2, 1), index, 2)
    assert len(groups._known) == before + 1
    del index
    assert len(groups._known) == before


def test_inference_mode():
    with torch.inference_mode():
        index = torch.tensor([0, 1, 1])
        src = torch.tensor([[1.0], [2.0], [4.0]])
        assert segment_sum(src, index, 2).flatten().tolist() == [1.0, 6.0]
        assert segment_max(src, index, 2).flatten().tolist() == [1.0, 4.0]
        index[0] = 1
        assert segment_sum(src, index, 2).flatten().tolist() == [0.0, 7.0]


@pytest.mark.parametrize("bad", [[0, 3], [-1, 0]])
def test_rows_out_of_range(bad):
    with pytest.raises(IndexError, match=r"rows must lie in 0\.\.2"):
        segment_sum(torch.ones(2, 1), torch.tensor(bad), 3)


def test_under_torch_compile():
    index = LAYOUTS["unsorted"]

    def layer(edge, node, index):
        message = gather(node, index) * edge
        weight = segment_softmax(message[:, 0], index, NUM)
        out = segment_sum(message * weight[:, None], index, NUM)
        return out + segment_mean(edge, index, NUM) + segment_max(message, index, NUM)

    compiled = torch.compile(layer, backend="aot_eager", fullgraph=True)
    edge = torch.randn(len(index), 3, requires_grad=True)
    node = torch.randn(NUM, 3, requires_grad=True)
    results = []
    for function in (layer, compiled):
        out = function(edge, node, index)
        results.append((out, *torch.autograd.grad(out.square().sum(), (edge, node))))
    for expected, out in zip(*results, strict=True):
        torch.testing.assert_close(out, expected)
