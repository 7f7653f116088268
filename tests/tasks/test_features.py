"""Tests of the scale of further features."""

from __future__ import annotations

import torch

from proteingraph.tasks.features import FeatureProjection


def test_features_are_scaled_and_what_is_absent_is_their_mean() -> None:
    values = torch.tensor([[1.0, 7], [3, 7], [torch.nan, 7]])
    projection = FeatureProjection(2, 2)
    projection.fit_scale(values)
    torch.nn.init.eye_(projection.linear.weight)
    torch.nn.init.zeros_(projection.linear.bias)
    torch.testing.assert_close(projection(values), torch.tensor([[-1.0, 0], [1, 0], [0, 0]]))
