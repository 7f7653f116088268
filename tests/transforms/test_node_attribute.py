"""Attributes appended to `x`."""

from __future__ import annotations

import pytest
import torch
from torch_geometric.data import Batch

from proteingraph.errors import MissingAttributeError
from proteingraph.testing import random_structure
from proteingraph.transforms import MaskResidueTypes, NodeAttribute


def test_columns_are_appended():
    assert str(NodeAttribute("b_factor")) == "NodeAttribute('b_factor')"
    data = random_structure(7, dtype=torch.float64)
    data.kind = torch.arange(14).view(7, 2)
    out = NodeAttribute("kind")(NodeAttribute("b_factor")(data))
    assert out.x.dtype == torch.float64
    expected = torch.cat([data.b_factor[:, None].double(), data.kind.double()], dim=1)
    assert torch.equal(out.x, expected)


def test_what_is_no_row_a_residue():
    data = random_structure(7)
    for value in (torch.ones(8), torch.ones(7, 2, 2), torch.tensor(1.0)):
        data.kind = value
        with pytest.raises(ValueError, match="a row for each of 7 residues"):
            NodeAttribute("kind")(data)
    del data.kind
    with pytest.raises(MissingAttributeError, match="NodeAttribute needs the graph attribute `kin"):
        NodeAttribute("kind")(data)


def test_hidden_types_are_not_told():
    data = random_structure(30)
    with pytest.raises(ValueError, match="would tell the residue types"):
        NodeAttribute("b_factor")(MaskResidueTypes(0.5)(data))
    hidden = Batch.from_data_list([MaskResidueTypes(0.0)(data), MaskResidueTypes(1.0)(data)])
    with pytest.raises(ValueError, match="LanguageModelFeatures"):
        NodeAttribute("b_factor")(hidden)
    assert NodeAttribute("b_factor")(MaskResidueTypes(0.0)(data)).x.shape == (30, 1)
