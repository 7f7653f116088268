"""TM-align of real domains, and its cache."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.scop import tmalign
from proteingraph.datasets import ChainPack, load_cath_scop_mini

pytest.importorskip("tmtools")


@pytest.fixture(scope="module")
def pack() -> ChainPack:
    """The four shortest shipped domains, and the first of them once more, moved and renamed."""
    shipped = load_cath_scop_mini().trace()
    few = shipped.subset(np.argsort(shipped.lengths, kind="stable")[:4])
    again = few[0]
    again.name, again.pos = (
        "again",
        again.pos.flip(-1) @ again.pos.new_tensor([[1.0, 0, 0], [0, 1, 0], [0, 0, -1]]),
    )
    again.backbone[:, 1] = again.pos
    return ChainPack.from_data([*few, again])


def test_scores_are_those_of_tm_align(pack: ChainPack, tmp_path: Path) -> None:
    from tmtools import tm_align

    found = tmalign.align(pack, [0, 2], tmp_path, jobs=1)
    assert found.by_query.shape == found.by_domain.shape == (2, 5)
    assert found.by_query[0, 0] == found.by_query[1, 2] == 1.0
    assert found.by_query[0, 4] == pytest.approx(1.0, abs=1e-3)  # moved, but the same
    assert found.seconds > 0
    one, other = pack[2], pack[3]
    direct = tm_align(
        one.pos.double().numpy(),
        other.pos.double().numpy(),
        "A" * one.num_nodes,
        "A" * other.num_nodes,
    )
    # TM-align is not quite symmetric, so which of the two is moved matters a little.
    assert found.by_query[1, 3] == pytest.approx(direct.tm_norm_chain1, abs=0.02)
    assert found.by_domain[1, 3] == pytest.approx(direct.tm_norm_chain2, abs=0.02)


def test_a_pair_is_aligned_once(pack: ChainPack, tmp_path: Path) -> None:
    both = tmalign.align(pack, [0, 2], tmp_path, jobs=1)
    assert both.made == 4 + 3  # 0 with the others, 2 with all but 0
    assert both.by_query[0, 2] == both.by_domain[1, 0]
    again = tmalign.align(pack, [2], tmp_path, jobs=1)
    assert again.made == 0
    np.testing.assert_array_equal(again.by_query[0], both.by_query[1])
    assert tmalign.align(pack, [1], tmp_path, jobs=1).made == 2


def test_a_stopped_run_goes_on(pack: ChainPack, tmp_path: Path) -> None:
    whole = tmalign.align(pack, [0], tmp_path, jobs=1)
    path = tmp_path / tmalign.CACHE
    content = path.read_bytes()
    path.write_bytes(content[:-7])  # killed while it wrote the last line
    rest = tmalign.align(pack, [0], tmp_path, jobs=1)
    assert rest.made == 1
    np.testing.assert_array_equal(rest.by_query, whole.by_query)
    assert len(path.read_text(encoding="utf-8").splitlines()) == len(content.splitlines())


def test_processes_change_nothing(pack: ChainPack, tmp_path: Path) -> None:
    here = tmalign.align(pack, [1], tmp_path / "one", jobs=1)
    there = tmalign.align(pack, [1], tmp_path / "two", jobs=2)
    assert there.made == here.made == 4
    np.testing.assert_array_equal(there.by_query, here.by_query)
