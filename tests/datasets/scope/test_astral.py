"""Sequences and subsets of ASTRAL."""

from __future__ import annotations

import pytest

from proteingraph.datasets.scope import classification_sid, read_astral_sequences, read_subset
from proteingraph.errors import DatasetError

# Headers in the words of release 2.08 and of ASTRAL's documentation.
FASTA = """\
>d1dlwa_ a.1.1.1 (A:) Protozoan/bacterial hemoglobin {Ciliate (Paramecium caudatum) [TaxId: 5885]}
slfeqlggqaavqavtaqfyaniqadatvatffngidmpnqtnktaaflcaalggpnaw
tgrn
>d1tpta1 a.46.2.1 (A:1-70,A:-3-5) Thymidine phosphorylase {Escherichia coli}
lflaqeXirkk
>g1cph.1 g.1.1.1 (B:,A:) Insulin {Cow (Bos taurus)}
fvnqXgiveq
>e1cph.1a g.1.1.1 (A:) Insulin
giveq
"""


@pytest.fixture
def write(tmp_path):
    def written(text, name="astral.fa"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return written


def test_sequences(write):
    first, cut, gene, chain = read_astral_sequences(write(FASTA))
    assert (first.sid, first.sccs, first.region) == ("d1dlwa_", "a.1.1.1", "A:")
    assert first.protein == "Protozoan/bacterial hemoglobin"
    assert first.organism == "Ciliate (Paramecium caudatum) [TaxId: 5885]"
    assert first.sequence == "".join(FASTA.splitlines()[1:3])
    assert (cut.region, cut.sequence) == ("A:1-70,A:-3-5", "lflaqeXirkk")
    assert (gene.sid, gene.region, gene.sequence) == ("g1cph.1", "B:,A:", "fvnqXgiveq")
    assert (chain.protein, chain.organism) == ("Insulin", "")


@pytest.mark.parametrize(
    ("astral", "classified"),
    [
        ("d1dlwa_", "d1dlwa_"),
        ("g1cph.1", "d1cph.1"),
        ("e1cph.1a", "d1cph.1"),
        ("e1cph.1A", "d1cph.1"),
        ("e1cph.1", "d1cph.1"),
        ("d1vq8A1", "d1vq8A1"),
        ("d1tpt_1", "d1tpt_1"),
    ],
)
def test_identifiers_of_the_classification(astral, classified):
    assert classification_sid(astral) == classified


def test_subsets_name_each_domain_once(write):
    assert read_subset(write(FASTA)) == ["d1dlwa_", "d1tpta1", "d1cph.1"]
    listed = "d3sdha_\n\nd4hbib_ \ng1cph.1\n"
    assert read_subset(write(listed, "list.id")) == ["d3sdha_", "d4hbib_", "d1cph.1"]


def test_the_subset_of_a_release(release):
    path = release.files["astral-scopedom-seqres-gd-sel-gs-bib-40-2.08.fa"]
    assert read_subset(path)[: len(release.domains)] == [domain.sid for domain in release.domains]
    for read, domain in zip(read_astral_sequences(path), release.domains, strict=False):
        assert (read.sid, read.region) == (domain.astral_sid, domain.region)
        structure = domain.structure
        assert read.sequence.replace("X", "").upper() == structure.sequence
        assert read.sequence.count("X") == structure.segment[-1]


@pytest.mark.parametrize(
    ("text", "name", "problem"),
    [
        (">d1dlwa_ a.1.1.1 A: Hemoglobin\nslf\n", "a.fa", "line 1: header '>d1dlwa_ a"),
        (">1dlw a.1.1.1 (A:) Hemoglobin\nslf\n", "a.fa", "expected such as '>d1dlwa_"),
        ("slf\n>d1dlwa_ a.1.1.1 (A:)\n", "a.fa", "line 1: a sequence without a header"),
        ("d1dlwa_\n<html>\n", "a.id", "line 2: '<html>', expected an identifier"),
        ("", "a.fa", "lists no domain"),
        ("\n", "a.id", "lists no domain"),
    ],
)
def test_malformed_files_are_told_by_line(write, text, name, problem):
    with pytest.raises(DatasetError, match=problem):
        read_subset(write(text, name))
