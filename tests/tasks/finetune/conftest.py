"""Structure files of shipped domains, and tables of labels computed from them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from proteingraph.datasets import ChainPack
from proteingraph.io import Structure, write_structure

Table = Callable[..., Path]


@pytest.fixture
def structures(domains: ChainPack, tmp_path: Path) -> Path:
    """Folder of the twelve shortest domains as ``d00.pdb`` to ``d11.pdb``, chain A from 1."""
    folder = tmp_path / "files"
    folder.mkdir()
    for number, chain in enumerate(domains):
        structure = Structure.from_arrays(chain.pos.numpy(), chain.residue_type.numpy())
        write_structure(structure, folder / f"d{number:02}.pdb")
    return folder


@pytest.fixture
def burial(domains: ChainPack) -> pd.DataFrame:
    """Of each residue of the domains, whether more than 15 CA are within 10 Å; pairs in groups."""
    rows: list[dict[str, Any]] = []
    for number, chain in enumerate(domains):
        neighbors = (torch.cdist(chain.pos, chain.pos) < 10).sum(dim=1)
        for place, count in enumerate(neighbors.tolist(), 1):
            rows.append(
                {
                    "file": f"d{number:02}.pdb",
                    "chain": "A",
                    "residue_number": place,
                    "label": int(count > 15),
                    "cluster": number // 2,
                    "count": count,
                }
            )
    return pd.DataFrame(rows)
