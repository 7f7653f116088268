"""SCOPe as a data set, made of a small release in the true layout."""

from __future__ import annotations

import logging

import numpy as np
import pytest
import torch
from torch_geometric.loader import DataLoader

from proteingraph.datasets.hierarchy import SCOP_LEVELS, code_at_level
from proteingraph.datasets.holdout import HOLDOUTS, split_holdouts
from proteingraph.datasets.scope import SCOPe
from proteingraph.errors import DatasetError, DownloadError


@pytest.fixture(scope="module")
def made(release, tmp_path_factory):
    """Root of a data set that has been made, without what it was made of."""
    root = tmp_path_factory.mktemp("made")
    (root / "raw").mkdir()
    for name, path in release.files.items():
        (root / "raw" / name).symlink_to(path)
    SCOPe(root)
    for path in (root / "raw").iterdir():
        if "des" not in path.name:
            path.unlink()
    return root


def sids(dataset):
    return [graph.scop_sid for graph in dataset]


def test_all_that_can_be_read_is_there_in_order(made, release):
    dataset = SCOPe(made, split=None)
    assert sids(dataset) == [domain.sid for domain in release.domains]
    assert repr(dataset) == f"SCOPe({len(release.domains)})"
    assert dataset.root == str(made)
    for graph, domain in zip(dataset, release.domains, strict=True):
        assert graph.name == domain.sid
        assert graph.sccs == domain.sccs
        assert graph.sunid == str(domain.sunid)
        assert graph.num_nodes == len(domain.rows)
        backbone = torch.from_numpy(domain.structure.backbone)
        assert (graph.backbone - backbone).abs().max() < 1e-3


def test_what_is_left_out_is_told_once_and_listed_always(root, release, caplog):
    with caplog.at_level(logging.WARNING):
        SCOPe(root)
    assert f"{len(release.unread)} structures were left out (see .failures)" in caplog.text
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        dataset = SCOPe(root)
    assert caplog.text == ""
    assert len(dataset.failures) == len(release.unread)
    for sid, reason in release.unread.items():
        told = [one.reason for one in dataset.failures if one.reason.startswith(f"{sid}: ")]
        assert len(told) == 1
        assert reason in told[0]


@pytest.mark.parametrize("level", SCOP_LEVELS)
def test_classes_are_those_of_the_level(made, release, level):
    dataset = SCOPe(made, level=level, split="validation")
    codes = {code_at_level(domain.sccs, level, SCOP_LEVELS) for domain in release.domains}
    assert set(dataset.classes) == codes
    assert dataset.num_classes == len(codes)
    for graph in dataset:
        assert graph.y.dtype == torch.int64
        assert dataset.classes[graph.y] == code_at_level(graph.sccs, level, SCOP_LEVELS)
        assert graph[f"scop_{level}"] == dataset.classes[graph.y]


def test_splits_part_the_folds(made, release):
    splits = {name: SCOPe(made, split=name) for name in ("train", "validation", "test")}
    found = [sid for dataset in splits.values() for sid in sids(dataset)]
    assert sorted(found) == sorted(domain.sid for domain in release.domains)
    folds = [{graph.scop_fold for graph in dataset} for dataset in splits.values()]
    assert sum(map(len, folds)) == len(set().union(*folds))
    for name, dataset in splits.items():
        assert {graph.split for graph in dataset} <= {name}


@pytest.mark.parametrize("holdout", HOLDOUTS)
def test_hold_outs_are_those_of_the_rule(made, release, holdout):
    names = [domain.sid for domain in release.domains]
    sets = split_holdouts(names, [domain.sccs for domain in release.domains], seed=3)
    for split, name in (("train", "train"), ("validation", "validation"), ("test", holdout)):
        dataset = SCOPe(made, split=split, holdout=holdout, seed=3)
        assert sids(dataset) == np.array(names)[sets == name].tolist()
        assert {graph.split for graph in dataset} == {split}
    together = SCOPe(made, split=None, holdout=holdout, seed=3)
    assert len(together) == np.isin(sets, ["train", "validation", holdout]).sum()


@pytest.mark.parametrize(
    ("holdout", "level", "allowed"),
    [
        ("fold", "fold", True),
        ("fold", "class", True),
        ("fold", "superfamily", False),
        ("superfamily", "superfamily", True),
        ("superfamily", "family", False),
        ("family", "family", True),
    ],
)
def test_test_classes_are_trained_on_or_refused(made, holdout, level, allowed):
    if not allowed:
        with pytest.raises(DatasetError, match=f"level '{level}' is too fine for hold-out"):
            SCOPe(made, level=level, holdout=holdout)
        return
    train, test = (SCOPe(made, level=level, split=s, holdout=holdout) for s in ("train", "test"))
    assert len(test)
    assert {int(graph.y) for graph in test} <= {int(graph.y) for graph in train}


def test_class_names_are_read_from_the_release(made):
    names = SCOPe(made, level="class").class_names()
    assert names == [
        "All alpha proteins",
        "All beta proteins",
        "Alpha and beta proteins (a/b)",
        "Small proteins",
    ]
    assert SCOPe(made, level="superfamily").class_names()[0].startswith('sf of "a.7.1"')


def test_transforms_and_filters(made):
    def mark(graph):
        graph.length = graph.num_nodes
        return graph

    dataset = SCOPe(
        made,
        split=None,
        transform=lambda graph: graph if graph.length == graph.num_nodes else None,
        pre_transform=mark,
        pre_filter=lambda graph: graph.scop_class == "g",
    )
    assert 0 < len(dataset) < 40
    assert {graph.sccs[0] for graph in dataset} == {"g"}
    batch = next(iter(DataLoader(dataset, batch_size=4)))
    assert batch.y.shape == (4,)
    assert batch.scop_sid == sids(dataset)[:4]


def test_domains_are_downloaded_once(release, serve, tmp_path):
    server = serve(release.site)
    first = SCOPe(tmp_path, base_url=f"{server.url}/downloads", split=None)
    assert len(server.asked) == 3
    again = SCOPe(tmp_path, base_url=f"{server.url}/downloads", split=None)
    assert len(server.asked) == 3
    assert first.failures == again.failures
    for graph, other in zip(first, again, strict=True):
        assert torch.equal(graph.backbone, other.backbone)


def test_a_mirror_can_be_named_in_the_environment(release, serve, tmp_path, monkeypatch):
    monkeypatch.setenv("PROTEINGRAPH_SCOPE_URL", f"{serve(release.site).url}/downloads/")
    assert len(SCOPe(tmp_path, split=None)) == len(release.domains)


def test_a_server_without_the_release_is_told(release, serve, tmp_path):
    server = serve(release.site)
    with pytest.raises(
        DownloadError, match=r"dir\.cla\.scope\.2\.07-stable\.txt: the server has no"
    ):
        SCOPe(tmp_path, version="2.07", base_url=f"{server.url}/downloads")
    assert not list(tmp_path.rglob("*.bin"))


def test_domains_are_cut_out_of_entries(root, release, made, assert_same_graph):
    (root / "raw" / "pdbstyle-sel-gs-bib-40-2.08.tgz").unlink()
    dataset = SCOPe(root, split=None, entries=release.entries)
    assert sids(dataset) == [domain.sid for domain in release.domains]
    assert {failure.reason[:7] for failure in dataset.failures} == set(release.unread)
    whole = SCOPe(made, split=None)
    blank = {release.odd[what].sid for what in ("whole", "blank")}
    for graph, other in zip(dataset, whole, strict=True):
        if graph.name not in blank:  # their chains have a name in the entries
            assert_same_graph(graph, other)


def test_entries_come_from_a_server_too(root, release, serve):
    server = serve(release.entries)
    lost = release.domains[0].pdb_id
    server.status[f"{lost[1:3]}/pdb{lost}.ent"] = [404]
    address = f"{server.url}/{{middle}}/pdb{{code}}.ent"
    dataset = SCOPe(root, split=None, entries=address)
    assert sids(dataset) == [d.sid for d in release.domains if d.pdb_id != lost]
    assert (root / "raw" / "entries").is_dir()
    server.status[f"{lost[1:3]}/pdb{lost}.ent"] = [403]
    with pytest.raises(DownloadError, match="refused it"):  # a server that is away ends it
        SCOPe(root, entries=address, force_reload=True)


def test_all_domains_of_the_classification(root, release):
    archive = root / "raw" / "pdbstyle-sel-gs-bib-40-2.08.tgz"
    archive.rename(root / "raw" / "pdbstyle-2.08-1.tgz")
    dataset = SCOPe(root, subset=None, split=None)
    assert sorted(sids(dataset)) == sorted(domain.sid for domain in release.domains)


def test_structures_are_read_anew_when_asked(root, release):
    assert len(SCOPe(root, split=None)) == len(release.domains)
    listed = root / "raw" / "astral-scopedom-seqres-gd-sel-gs-bib-40-2.08.id"
    listed.write_text("\n".join(domain.astral_sid for domain in release.domains[:9]))
    assert len(SCOPe(root, split=None)) == len(release.domains)
    assert len(SCOPe(root, split=None, force_reload=True)) == 9


def test_nothing_that_can_be_read_is_an_error(root, release):
    listed = root / "raw" / "astral-scopedom-seqres-gd-sel-gs-bib-40-2.08.id"
    listed.write_text("d9abcA_\nd9xyzb_\n")
    with pytest.raises(DatasetError, match="not one structure could be read:\n  d9xyzb_"):
        SCOPe(root)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"subset": 30}, "no subset 30: choose 40 or 95"),
        ({"level": "topology"}, "no level 'topology': choose one of class, fold"),
        ({"split": "valid"}, "no split 'valid': choose one of train"),
        ({"holdout": "class"}, "no hold-out 'class': choose one of fold"),
        ({"version": "2.8"}, "no SCOPe version '2.8'"),
    ],
)
def test_unknown_options_are_refused(tmp_path, options, problem):
    with pytest.raises(DatasetError, match=problem):
        SCOPe(tmp_path, **options)
    assert list(tmp_path.iterdir()) == []
