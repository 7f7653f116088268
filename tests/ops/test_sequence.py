"""Neighbours along the chain, and merging of edge sets."""

from __future__ import annotations

import gc
import weakref

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from proteingraph.ops import GraphInputError, merge_edges, sequence_edges, sequence_neighbors


def long(*values):
    return torch.tensor(values, dtype=torch.long)


def pairs(edge_index):
    return list(map(tuple, edge_index.t().tolist()))


def test_one_chain():
    out = sequence_edges(long(0, 1, 2, 3), long(0, 0, 0, 0), None)
    expected = [(1, 0), (2, 0), (0, 1), (2, 1), (3, 1), (0, 2), (1, 2), (3, 2), (1, 3), (2, 3)]
    assert pairs(out) == expected


def test_offsets_are_separations():
    out = sequence_edges(long(0, 1, 2, 3), long(0, 0, 0, 0), None, offsets=(3,))
    assert pairs(out) == [(3, 0), (0, 3)]
    assert sequence_edges(long(0, 1), long(0, 0), None, offsets=()).shape == (2, 0)
    twice = sequence_edges(long(0, 1), long(0, 0), None, offsets=(1, 1))
    assert pairs(twice) == [(1, 0), (0, 1)]


def test_never_across_chains_breaks_or_graphs():
    position = long(0, 1, 2, 0, 1, 0, 1, 2)
    chain = long(0, 0, 0, 1, 1, 0, 0, 0)
    segment = long(0, 0, 1, 2, 2, 0, 0, 1)
    batch = long(0, 0, 0, 0, 0, 1, 1, 1)
    out = sequence_edges(position, chain, segment, batch)
    assert pairs(out) == [(1, 0), (0, 1), (4, 3), (3, 4), (6, 5), (5, 6)]
    across = sequence_edges(position, chain, None, batch, offsets=(1,))
    assert (2, 1) in pairs(across)
    assert (5, 4) not in pairs(across)
    before, after = sequence_neighbors(position, chain, segment, batch)
    assert before.tolist() == [-1, 0, -1, -1, 3, -1, 5, -1]
    assert after.tolist() == [1, -1, -1, 4, -1, 6, -1, -1]
    assert sequence_neighbors(position, chain, None, batch)[1].tolist()[:3] == [1, 2, -1]


def test_one_residue_chains_and_no_residues():
    before, after = sequence_neighbors(long(0, 0, 0), long(0, 1, 2), None)
    assert before.tolist() == after.tolist() == [-1, -1, -1]
    none = long()
    assert sequence_edges(none, none, none, none).shape == (2, 0)
    before, after = sequence_neighbors(none, none, None)
    assert before.shape == after.shape == (0,)


def test_a_gap_in_the_positions_connects_nothing():
    before, after = sequence_neighbors(long(3, 5, 4, 9), long(0, 0, 0, 0), None)
    assert before.tolist() == [-1, 2, 0, -1]
    assert after.tolist() == [2, -1, 1, -1]


@pytest.mark.parametrize("large", [10**6, 2**62])
def test_any_numbers_may_name_chains_and_segments(large):
    chain = long(-large, -large, large - 1, large - 1, 7)
    segment = long(large - 2, large - 2, -large, -large, 0)
    assert pairs(sequence_edges(long(0, 1, 1, 2, 2), chain, segment)) == [
        (1, 0),
        (0, 1),
        (3, 2),
        (2, 3),
    ]


@st.composite
def chains(draw):
    rows = draw(
        st.lists(
            st.tuples(st.integers(0, 2), st.integers(-1, 2), st.integers(0, 6)),
            max_size=25,
            unique=True,
        )
    )
    rows.sort(key=lambda row: row[0])
    broken_at = draw(st.integers(0, 7))
    values = torch.tensor(rows, dtype=torch.long).reshape(-1, 3)
    batch, chain, position = (column.contiguous() for column in values.unbind(1))
    return position, chain, (position >= broken_at).long(), batch


@given(chains(), st.sets(st.integers(1, 7), max_size=3))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_all_pairs_and_no_others(problem, offsets):
    position, chain, segment, batch = problem
    key = torch.stack([chain, segment, batch])
    same = (key[:, :, None] == key[:, None]).all(dim=0)
    gap = (position[:, None] - position).abs()
    wanted = same & torch.isin(gap, torch.tensor(sorted(offsets), dtype=torch.long))
    target, source = wanted.nonzero(as_tuple=True)
    out = sequence_edges(position, chain, segment, batch, offsets=tuple(offsets))
    assert torch.equal(out, torch.stack([source, target]))
    before, after = sequence_neighbors(position, chain, segment, batch)
    for i, (j, k) in enumerate(zip(before.tolist(), after.tolist(), strict=True)):
        assert (j >= 0) == bool((same[i] & (position == position[i] - 1)).any())
        assert j < 0 or (same[i, j] and position[j] == position[i] - 1)
        assert (k >= 0) == bool((same[i] & (position == position[i] + 1)).any())
        assert k < 0 or (same[i, k] and position[k] == position[i] + 1)


def test_merge_sorts_and_drops_repeats():
    one = torch.tensor([[3, 0, 2], [0, 1, 0]])
    two = torch.tensor([[2, 1], [0, 0]])
    assert pairs(merge_edges(one, two, num_nodes=4)) == [(1, 0), (2, 0), (3, 0), (0, 1)]
    empty = torch.zeros(2, 0, dtype=torch.long)
    assert merge_edges(empty, num_nodes=0).shape == (2, 0)
    assert torch.equal(merge_edges(one, empty, num_nodes=4), merge_edges(one, num_nodes=4))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"position": long(0, 1, 1)}, "rows 1 and 2 share graph, chain and position 1"),
        ({"position": torch.zeros(3)}, "position: expected int64"),
        ({"chain": long(0, 0)}, r"chain: expected int64 of shape \[3\]"),
        ({"segment": torch.zeros(3)}, "segment: expected int64"),
        ({"batch": long(0, 1, 0)}, "must ascend"),
        ({"offsets": (0, 1)}, "separations >= 1"),
    ],
)
def test_bad_input_is_named(arguments, message):
    usual = {"position": long(0, 1, 2), "chain": long(0, 0, 0), "segment": None, "batch": None}
    with pytest.raises(GraphInputError, match=message):
        sequence_edges(**(usual | arguments))


def test_merge_names_bad_edges():
    with pytest.raises(GraphInputError, match="at least one"):
        merge_edges(num_nodes=3)
    with pytest.raises(GraphInputError, match=r"rows must lie in 0\.\.2, found 3"):
        merge_edges(torch.tensor([[3], [0]]), num_nodes=3)
    with pytest.raises(GraphInputError, match="found -1"):
        merge_edges(torch.tensor([[-1], [0]]), num_nodes=3)
    with pytest.raises(GraphInputError, match="expected int64"):
        merge_edges(torch.zeros(2, 3), num_nodes=3)


def test_a_change_in_place_is_noticed():
    position, chain = torch.arange(6), torch.zeros(6, dtype=torch.long)
    segment = torch.zeros(6, dtype=torch.long)
    whole = sequence_edges(position, chain, segment)
    assert torch.equal(sequence_edges(position, chain, segment), whole)
    segment[3:] = 1
    broken = sequence_edges(position, chain, segment)
    assert torch.equal(broken, sequence_edges(position.clone(), chain.clone(), segment.clone()))
    assert broken.size(1) < whole.size(1)
    position += 5
    before, after = sequence_neighbors(position, chain, segment)
    assert before.tolist() == [-1, 0, 1, -1, 3, 4] and after.tolist() == [1, 2, -1, 4, 5, -1]


def test_a_longer_reach_than_before_is_worked_out():
    position = torch.tensor([0, 1, 4, 5])  # gaps that neighbors one apart do not meet
    chain = torch.zeros(4, dtype=torch.long)
    sequence_neighbors(position, chain, None)
    edges = sequence_edges(position, chain, None, offsets=(3, 4))
    assert edges.t().tolist() == [[2, 0], [2, 1], [3, 1], [0, 2], [1, 2], [1, 3]]


def test_what_is_remembered_does_not_keep_tensors_alive():
    position, chain = torch.arange(6), torch.zeros(6, dtype=torch.long)
    sequence_edges(position, chain, None)
    alive = weakref.ref(position), weakref.ref(chain)
    del position, chain
    gc.collect()
    assert alive[0]() is None and alive[1]() is None


@torch.inference_mode()
def test_inference_mode_gives_the_same():
    position, chain = torch.arange(6), torch.zeros(6, dtype=torch.long)
    first = sequence_edges(position, chain, None)
    chain[3:] = 1
    assert sequence_edges(position, chain, None).size(1) < first.size(1)
