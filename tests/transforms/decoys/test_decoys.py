"""Decoys: set RMSDs, bonds, reproduction by seed, batches, labels."""

from __future__ import annotations

import numpy as np
import prody
import pytest
import torch
from torch_geometric.data import Batch
from torch_geometric.transforms import BaseTransform, Compose

from proteingraph import transforms as T
from proteingraph.datasets import load_cath_scop_mini
from proteingraph.errors import MissingAttributeError
from proteingraph.geometry import gdt_ts, lddt_ca, rmsd, tm_score
from proteingraph.testing import permute_residues, random_permutation
from proteingraph.transforms.decoys import (
    GaussianDecoy,
    NormalModeDecoy,
    QualityLabels,
    SegmentRotation,
    SegmentShift,
)

prody.LOGGER.verbosity = "none"
PACK = load_cath_scop_mini()
SMALL = np.argsort(PACK.lengths, kind="stable")[[200, 210, 220]]
MAKERS = [GaussianDecoy(), NormalModeDecoy(), SegmentShift(), SegmentRotation()]
each_maker = pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: type(maker).__name__)


def native(number: int = 0, seed: int = 0, trace: bool = False):
    pack = PACK.trace() if trace else PACK
    data = pack[int(SMALL[number])]
    data.seed = torch.tensor([seed])
    return data


@pytest.mark.parametrize("target", [0.3, 2.0, 6.0])
@pytest.mark.parametrize("kind", [GaussianDecoy, NormalModeDecoy])
def test_rmsd_is_as_set(kind, target):
    data = kind(target)(native())
    assert float(rmsd(data.pos, data.pos_native)) == pytest.approx(target, rel=1e-4)


@pytest.mark.parametrize("kind", [GaussianDecoy, NormalModeDecoy])
def test_rmsd_is_drawn_from_the_range(kind):
    found = []
    for seed in range(12):
        data = kind((1.0, 3.0))(native(trace=True, seed=seed))
        found.append(float(rmsd(data.pos, data.pos_native)))
    assert 1 <= min(found) < 1.7 and 2.3 < max(found) <= 3


@each_maker
def test_seed_decides(maker):
    first, again, other = maker(native()), maker(native()), maker(native(seed=1))
    assert torch.equal(first.pos, again.pos) and torch.equal(first.backbone, again.backbone)
    assert not torch.equal(first.pos, other.pos)
    torch.manual_seed(3)
    unseeded = native()
    del unseeded.seed
    drawn = maker(unseeded)
    torch.manual_seed(3)
    assert torch.equal(maker(unseeded).pos, drawn.pos)


@each_maker
def test_native_stays_and_backbone_follows(maker):
    data, before = native(), native()
    out = maker(data)
    assert torch.equal(data.pos, before.pos) and torch.equal(data.backbone, before.backbone)
    assert torch.equal(out.pos_native, before.pos)
    assert torch.equal(out.backbone[:, 1], out.pos) and not torch.equal(out.pos, before.pos)
    assert torch.equal(out.residue_type, before.residue_type)
    assert isinstance(maker, BaseTransform) and out.pos.dtype == before.pos.dtype
    trace = maker(native(trace=True))
    assert not trace.backbone[:, [0, 2, 3]].any()
    if not isinstance(maker, GaussianDecoy):  # which draws for the other atoms as well
        torch.testing.assert_close(trace.pos, out.pos, atol=1e-3, rtol=0)


@each_maker
def test_what_tells_of_the_native_is_removed_or_refused(maker):
    data = native()
    data.dssp = torch.ones(data.num_nodes)
    data.b_factor = torch.ones(data.num_nodes)
    out = maker(data)
    assert "dssp" not in out and not out.b_factor.any()
    for first in (T.ResidueKNN(4), T.ChainEnds(), T.PerturbCoordinates(), maker):
        with pytest.raises(ValueError, match="must come before what sets"):
            maker(first(native()))


@each_maker
def test_graphs_of_a_batch_are_made_alone(maker):
    graphs = [native(number, seed=number) for number in range(3)]
    alone = [QualityLabels()(maker(graph)) for graph in graphs]
    together = QualityLabels()(maker(Batch.from_data_list(graphs))).to_data_list()
    for one, other in zip(alone, together, strict=True):
        assert set(one.keys()) == set(other.keys())
        for name in ("pos", "backbone", "pos_native", "lddt", "gdt_ts", "tm_score"):
            torch.testing.assert_close(other[name], one[name], atol=1e-4, rtol=0)
        assert torch.equal(one.lddt_mask, other.lddt_mask)


@pytest.mark.parametrize("maker", MAKERS[1:], ids=lambda maker: type(maker).__name__)
def test_storage_order_changes_nothing(maker):
    data = native()
    order = random_permutation(data, seed=4)
    shuffled = maker(permute_residues(data, order))
    expected = permute_residues(maker(data), order)
    torch.testing.assert_close(shuffled.pos, expected.pos, atol=1e-3, rtol=0)


@each_maker
def test_too_few_residues_are_refused(maker):
    data = native()
    few = T.ContiguousCrop(3)(data)
    with pytest.raises(ValueError, match="residues"):
        maker(few)


def test_modes_are_soft_and_keep_the_chain():
    data = native()
    noise, modes = GaussianDecoy(2.0)(data), NormalModeDecoy(2.0)(data)
    step = [(x.pos[1:] - x.pos[:-1]).norm(dim=1) for x in (data, noise, modes)]
    assert (step[2] - step[0]).abs().mean() < 0.2 < 1 < (step[1] - step[0]).abs().mean()
    labels = [QualityLabels(superposed=False)(one) for one in (noise, modes)]
    assert float(labels[1].lddt_modelled) > float(labels[0].lddt_modelled) + 0.1
    # Moved along a single mode, a structure moves in proportion to it.
    single = [NormalModeDecoy(size, modes=1)(data) for size in (0.01, 0.02)]
    small, double = ((one.pos - data.pos).double() for one in single)
    torch.testing.assert_close(
        double.norm() / small.norm(), torch.tensor(2.0).double(), rtol=1e-2, atol=0
    )


def test_a_mode_is_one_of_prody():
    data = native(trace=True)
    place = data.pos.double().numpy()

    def springs(square, i, j):
        return 60 / (i - j) ** 2 if abs(i - j) <= 3 else (36 / square) ** 3

    network = prody.ANM()
    network.buildHessian(place, cutoff=15, gamma=springs)
    network.calcModes(1)
    mode = torch.from_numpy(network[0].getEigvec()).view(-1, 3)
    moved = (NormalModeDecoy(0.5, modes=1)(data).pos - data.pos).double()
    assert abs(float((mode * moved).sum() / moved.norm())) == pytest.approx(1, abs=1e-4)


def test_a_shifted_segment_takes_the_places_of_others():
    data = native()
    out = SegmentShift(shift=2, length=12)(data)
    kept = (out.pos == data.pos).all(1)
    assert kept.sum() >= data.num_nodes - 12 - 2 * 6
    ahead = torch.isclose(out.backbone[:-2], data.backbone[2:], atol=1e-4).all((1, 2)).sum()
    back = torch.isclose(out.backbone[2:], data.backbone[:-2], atol=1e-4).all((1, 2)).sum()
    assert sorted([int(ahead), int(back)]) == [0, 12]
    step = (out.pos[1:] - out.pos[:-1]).norm(dim=1)
    assert 1.5 < step.min() and step.max() < 5.5
    with pytest.raises(ValueError, match="unbroken stretch of 10"):
        SegmentShift()(T.ContiguousCrop(9)(data))


def test_a_turned_segment_keeps_its_bonds():
    data = native()
    out = SegmentRotation(angle=60.0, length=15)(data)
    moved = (out.pos != data.pos).any(1)
    assert moved.sum() == 13 and moved.nonzero().diff(dim=0).eq(1).all()

    def bonds(x):
        return torch.cat(
            [
                (x[:, 1:3] - x[:, 0:2]).norm(dim=-1).flatten(),
                (x[:, 3] - x[:, 2]).norm(dim=-1),
                (x[1:, 0] - x[:-1, 2]).norm(dim=-1),
                (x[1:, 1] - x[:-1, 1]).norm(dim=-1),
            ]
        )

    torch.testing.assert_close(bonds(out.backbone), bonds(data.backbone), atol=1e-3, rtol=0)
    first, last = int(moved.nonzero()[0]) - 1, int(moved.nonzero()[-1]) + 1
    axis = torch.nn.functional.normalize(data.pos[last] - data.pos[first], dim=0)
    arms = [x.pos[moved] - x.pos[first] for x in (data, out)]
    flat = [arm - (arm @ axis)[:, None] * axis for arm in arms]
    cosine = torch.nn.functional.cosine_similarity(*flat, dim=1)
    torch.testing.assert_close(cosine, torch.full((13,), 0.5), atol=1e-2, rtol=0)


def test_segments_lie_in_unbroken_stretches():
    data = native()
    half = data.num_nodes // 2
    data.segment = (torch.arange(data.num_nodes) >= half).long()
    for seed in range(8):
        data.seed = torch.tensor([seed])
        for maker in (SegmentShift((1, 2), (8, 12)), SegmentRotation(90.0, (5, 12))):
            moved = (maker(data).pos != data.pos).any(1).nonzero().squeeze(1)
            assert len(moved) and len(data.segment[moved].unique()) == 1


def test_labels_are_those_of_the_scores():
    data = Compose([NormalModeDecoy(3.0), QualityLabels()])(native())
    model, true = data.pos, data.pos_native
    torch.testing.assert_close(data.lddt, lddt_ca(model, true, per_residue=True))
    for name, score in (("lddt_modelled", lddt_ca), ("gdt_ts", gdt_ts), ("tm_score", tm_score)):
        assert data[name].shape == (1,)
        torch.testing.assert_close(data[name][0], score(model, true))
    assert data.lddt_mask.all()
    data.pos = data.pos_native
    perfect = QualityLabels()(data)
    assert perfect.lddt.eq(1).all() and perfect.gdt_ts == 1 and perfect.tm_score == 1


def test_residues_alone_are_not_labelled():
    data = native()
    data.pos = data.pos.clone()
    data.pos[5] += 500
    out = QualityLabels(superposed=False)(GaussianDecoy(1.0)(data))
    assert (~out.lddt_mask).nonzero().squeeze(1).tolist() == [5]
    assert "gdt_ts" not in out
    with pytest.raises(MissingAttributeError, match="comes from GaussianDecoy"):
        QualityLabels()(native())


@pytest.mark.parametrize(
    ("kind", "arguments", "says"),
    [
        (GaussianDecoy, {"rmsd": 0}, "rmsd must be"),
        (GaussianDecoy, {"rmsd": (2.0, 1.0)}, "rmsd must be"),
        (NormalModeDecoy, {"modes": 0}, "modes must be"),
        (SegmentShift, {"shift": 0}, "shift must be"),
        (SegmentShift, {"length": (4, 2)}, "length must be"),
        (SegmentRotation, {"angle": float("inf")}, "angle must be"),
        (SegmentRotation, {"length": 2}, "3 residues or more"),
    ],
)
def test_settings_are_checked(kind, arguments, says):
    with pytest.raises(ValueError, match=says):
        kind(**arguments)


def test_names():
    assert [str(maker) for maker in (*MAKERS, QualityLabels())] == [
        "GaussianDecoy(rmsd=(0.5, 5.0))",
        "NormalModeDecoy(rmsd=(0.5, 5.0), modes=20, cutoff=15.0)",
        "SegmentShift(shift=(1, 4), length=(8, 30))",
        "SegmentRotation(angle=(15.0, 90.0), length=(8, 30))",
        "QualityLabels(superposed=True)",
    ]
