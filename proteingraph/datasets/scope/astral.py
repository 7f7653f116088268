"""ASTRAL's sequences of SCOPe domains, and its subsets by sequence identity."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike, fspath

from proteingraph.datasets.lines import read_lines, wrong_line
from proteingraph.errors import DatasetError

__all__ = ["AstralSequence", "classification_sid", "read_astral_sequences", "read_subset"]

_HEADER = re.compile(r">(\S+)\s+(\S+)\s+\(([^)]*)\)\s*(.*?)\s*(?:\{(.*)\})?\s*")
_SID = re.compile(r"[deg]\w{4}[\w.]\w+")


@dataclass(frozen=True, slots=True)
class AstralSequence:
    """Sequence of a domain, from the entry's SEQRES or ATOM records.

    Attributes:
        sid: identifier; see `classification_sid`.
        sccs: class, fold, superfamily and family, such as `a.1.1.2`.
        region: what the domain consists of, as in the classification: `A:1-50,B:3A-90`.
        protein: name of the protein.
        organism: species, often with `[TaxId: 5885]`; empty if there is none.
        sequence: one-letter codes in lower case, `x` for unknown residues; an upper-case `X`
            stands between the pieces of a domain.
    """

    sid: str
    sccs: str
    region: str
    protein: str
    organism: str
    sequence: str


def classification_sid(sid: str) -> str:
    """Turn an identifier of ASTRAL into that of the classification and of the structure files.

    Domains of several chains that one gene encodes ("genetic domains") have a sequence as a whole,
    whose identifier starts with `g`, and one of each chain, which starts with `e` and ends with the
    chain; the classification and the structure files have the domain once, with `d`.

    Args:
        sid: identifier, such as `d1dlwa_`, `g1cph.1` or `e1cph.1a`.

    Returns:
        Identifier that starts with `d`.

    Examples:
        >>> [classification_sid(sid) for sid in ("d1dlwa_", "g1cph.1", "e1cph.1a")]
        ['d1dlwa_', 'd1cph.1', 'd1cph.1']
    """
    # Seven characters, and one more at the end of what starts with e: the chain, if it has a name.
    return "d" + sid[1:7] if sid[:1] == "e" else "d" + sid[1:]


def read_astral_sequences(path: str | PathLike[str]) -> list[AstralSequence]:
    """Read a FASTA file of ASTRAL, such as `astral-scopedom-seqres-gd-sel-gs-bib-40-2.08.fa`.

    A header is `>d1dlwa_ a.1.1.1 (A:) Protozoan/bacterial hemoglobin {Ciliate (Paramecium
    caudatum) [TaxId: 5885]}`: identifier, code, region, protein, organism.

    Args:
        path: file to read.

    Returns:
        Sequences in the order of the file.

    Raises:
        DatasetError: if the file cannot be read, or a header is malformed.
    """
    sequences = []
    for number, header, sequence in _records(path):
        found = _HEADER.fullmatch(header)
        if not found or not _SID.fullmatch(found[1]):
            expected = "expected such as '>d1dlwa_ a.1.1.1 (A:) protein {organism}'"
            raise wrong_line(path, number, f"header {header[:60]!r}, {expected}")
        sequences.append(
            AstralSequence(found[1], found[2], found[3], found[4], found[5] or "", sequence)
        )
    return sequences


def read_subset(path: str | PathLike[str]) -> list[str]:
    """Read which domains a subset of ASTRAL has.

    Args:
        path: sequences (`.fa`), or a list of identifiers, one a line (`.id`).

    Returns:
        Identifiers as in the classification, each once, in the order of the file.

    Raises:
        DatasetError: if the file cannot be read, a line is malformed, or there is no domain.
    """
    if fspath(path).endswith(".fa"):
        sids = [record.sid for record in read_astral_sequences(path)]
    else:
        sids = []
        for number, line in read_lines(path):
            if not _SID.fullmatch(line):
                problem = f"{line[:60]!r}, expected an identifier such as d1dlwa_"
                raise wrong_line(path, number, problem)
            sids.append(line)
    if not sids:
        raise DatasetError(f"{fspath(path)}: lists no domain; fetch the file again")
    return list(dict.fromkeys(map(classification_sid, sids)))


def _records(path: str | PathLike[str]) -> Iterator[tuple[int, str, str]]:
    """Yield line of the header, header, and sequence of each record of a FASTA file."""
    header: tuple[int, str] | None = None
    pieces: list[str] = []
    for number, line in read_lines(path):
        if line.startswith(">"):
            if header:
                yield *header, "".join(pieces)
            header, pieces = (number, line), []
        elif header is None:
            raise wrong_line(path, number, "a sequence without a header")
        else:
            pieces.append(line)
    if header:
        yield *header, "".join(pieces)
