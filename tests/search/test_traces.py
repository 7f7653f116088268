"""CA traces as whole numbers."""

from __future__ import annotations

import numpy as np
import pytest

from proteingraph.search.traces import decode_trace, encode_trace


@pytest.mark.parametrize("size", [0.0, 1e-9, 3.8, 100.0, 5_000.0])
def test_shape_is_kept_to_half_a_step(size):
    pos = np.random.default_rng(0).uniform(-size, size, (50, 3)) + 1234.5
    trace, step = encode_trace(pos)
    assert trace.dtype == np.int16
    moved = decode_trace(trace, step)
    shift = (pos - moved).mean(axis=0)
    assert np.abs(moved + shift - pos).max() <= step
    assert step <= max(size / 32_000, 1e-6)


def test_a_protein_is_kept_to_a_thousandth(domains):
    for graph in domains:
        pos = graph.pos.double().numpy()
        trace, step = encode_trace(pos)
        between = np.linalg.norm(pos[:, None] - pos[None], axis=-1)
        decoded = decode_trace(trace, step)
        kept = np.linalg.norm(decoded[:, None] - decoded[None], axis=-1)
        np.testing.assert_allclose(kept, between, atol=2e-3)


def test_one_residue():
    trace, step = encode_trace(np.array([[900.0, -3.0, 4.0]]))
    assert trace.tolist() == [[0, 0, 0]]
    assert np.isfinite(decode_trace(trace, step)).all()
