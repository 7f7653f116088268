"""Bytes, FLOPs, limits and peaks, of computations where they are known."""

from __future__ import annotations

import pytest
import torch

from benchmarks.speed.roofline import Limits, count, measure_limits, peak_memory

CPU = torch.device("cpu")


def test_a_product_counts_its_flops_and_bytes_and_a_view_nothing():
    a, b = torch.ones(10, 20), torch.ones(20, 30)
    assert count(lambda: a.T.T[None][0] @ b) == [(2 * 10 * 20 * 30, 4 * (200 + 600 + 300))]


def test_a_product_added_in_place_counts_too():
    a, b, c = torch.ones(10, 20), torch.ones(20, 30), torch.ones(10, 30)
    assert sum(flops for flops, _ in count(lambda: c.addmm_(a, b))) == 2 * 10 * 20 * 30


def test_backward_passes_count_too():
    a, b = torch.ones(10, 20, requires_grad=True), torch.ones(20, 30, requires_grad=True)
    operations = count(lambda: (a @ b).sum().backward())
    assert sum(flops for flops, _ in operations) == 3 * 2 * 10 * 20 * 30


def test_an_operation_takes_as_long_as_what_it_is_bound_by():
    limits = Limits(bytes_per_second=10.0, flops_per_second=100.0)
    assert limits.seconds([(100, 1), (10, 20)]) == pytest.approx(1 + 2)


def test_limits_are_measured():
    limits = measure_limits(CPU, torch.float32, elements=2**16, size=64)
    assert limits.bytes_per_second > 1e6 and limits.flops_per_second > 1e6


def test_the_peak_is_that_of_the_call():
    before = torch.ones(2**24)
    peak = peak_memory(lambda: (torch.ones(2**23), torch.ones(2**20))[1], CPU)
    if peak is None:
        pytest.skip("the C library cannot give freed memory back")
    assert 2**25 < peak < 2**25 + 2**24
    assert len(before) == 2**24
