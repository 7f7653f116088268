"""Cα distances as edge attributes."""

from __future__ import annotations

import math

import pytest
import torch

from proteingraph.transforms import RadialBasis, ResidueKNN


def test_gaussians_of_the_distance(line):
    transform = RadialBasis([(3, 5, 1), (8, 8, 2)])
    assert str(transform) == "RadialBasis(pieces=((3.0, 5.0, 1.0), (8.0, 8.0, 2.0)))"
    out = transform(ResidueKNN(1)(line([0, 4])))
    expected = [math.exp(-0.5), 1.0, math.exp(-0.5), math.exp(-0.5 * (4 / 2) ** 2)]
    torch.testing.assert_close(out.edge_attr, torch.tensor([expected] * 2, dtype=torch.float64))


def test_default_centres():
    transform = RadialBasis()
    assert len(transform.centers) == len(transform.widths) == 17 + 10 + 8 + 8 == 43
    assert transform.centers[0] == 3.0 and transform.centers[-1] == 44.0
    assert transform.centers == sorted(set(transform.centers))
    assert transform.widths[0] == 0.25 and transform.widths[-1] == 3.0


def test_coincident_residues_are_finite(line):
    out = RadialBasis([(0, 1, 1)])(ResidueKNN(1)(line([2, 2])))
    torch.testing.assert_close(
        out.edge_attr, torch.tensor([[1.0, math.exp(-0.5)]] * 2, dtype=torch.float64)
    )


def test_far_gaussians_stay_normal_when_multiplied(line):
    data = line([0, 4, 90])
    data.pos = data.pos.float()
    attributes = RadialBasis()(ResidueKNN(2)(data)).edge_attr
    assert 0 < attributes.min() < 1e-15
    assert attributes.min() * 1e-18 > torch.finfo(torch.float32).smallest_normal


@pytest.mark.parametrize("pieces", [(), [(5, 3, 1)], [(3, 5, 0)], [(3, 5, float("nan"))]])
def test_pieces_that_make_no_sense(pieces):
    with pytest.raises(ValueError, match=r"pieces must be \(first, last, step\)"):
        RadialBasis(pieces)
