"""Mutated real files, through every reader and on to the graph: sound, or refused by name."""

from __future__ import annotations

import gzip
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.hostile_structures import bcif, cif, packed, pdb, small_cif, small_pdb
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from proteingraph.errors import ProteinGraphError
from proteingraph.io import read_structure
from proteingraph.transforms import ResidueGraph

GRAPH = ResidueGraph(k=8, offsets=(1, 2))
NAME = "mutated"
LINES = {
    "pdb": [line.encode() for line in small_pdb()],
    "cif": cif(*small_cif()).splitlines(),
}
FIELDS = [
    b"", b"?", b".", b"nan", b"inf", b"-inf", b"1e30", b"1e400", b"0", b"-0", b"99999.999", b"-1",
    b"9999", b"2147483648", b"A", b"HETATM", b"ATOM", b"CA", b"MSE", b"UNK", b"'", b'"', b"\xe9",
    b"_atom_site.id", b"loop_", b"data_x", b"#", b"TER", b"END", b"ENDMDL", b"MODEL        1",
]  # fmt: skip
BINARY = bcif(*small_cif(), lambda values: None)
QUICK = settings(
    deadline=None, derandomize=True, phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


@st.composite
def lines_changed(draw: st.DrawFn, kind: str) -> bytes:
    """A text file with lines deleted, doubled, swapped, shifted, or fields of them changed."""
    lines = list(LINES[kind]) + ([b"TER", b"END"] if kind == "pdb" else [])
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(lines) - 1))
        other = draw(st.integers(0, len(lines) - 1))
        change = draw(st.sampled_from(["delete", "double", "swap", "shift", "field", "blank"]))
        if change == "delete" and len(lines) > 1:
            del lines[place]
        elif change == "double":
            lines.insert(other, lines[place])
        elif change == "swap":
            lines[place], lines[other] = lines[other], lines[place]
        elif change == "shift":
            column = draw(st.integers(0, 80))
            line = lines[place]
            lines[place] = draw(st.sampled_from([
                line[:column] + b" " + line[column:], line[:column] + line[column + 1 :],
                b" " + line, line[1:],
            ]))  # fmt: skip
        else:
            lines[place] = draw(field_changed(lines[place], change))
    end = draw(st.sampled_from([b"\n", b"\n", b"\n", b"\r\n", b"\r"]))
    return end.join([*lines, b""])


@st.composite
def field_changed(draw: st.DrawFn, line: bytes, change: str) -> bytes:
    """A line with one of its words, or a stretch of its columns, blanked or replaced."""
    words = line.split()
    if draw(st.booleans()) and words:
        word = draw(st.sampled_from(words))
        first = line.index(word)
        width = len(word)
    else:
        first = draw(st.integers(0, max(0, len(line) - 1)))
        width = draw(st.integers(1, 8))
    new = b" " * width if change == "blank" else draw(st.sampled_from(FIELDS))
    if draw(st.booleans()):  # the columns stay where they are
        new = new[:width].rjust(width)
    return line[:first] + new + line[first + width :]


@st.composite
def bytes_changed(draw: st.DrawFn, content: bytes) -> bytes:
    """Content with bytes flipped, some of it cut out or doubled, or cut short."""
    data = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        if not data:
            break
        place = draw(st.integers(0, len(data) - 1))
        size = draw(st.sampled_from([1, 1, 2, 4, 8, 80, 500]))
        change = draw(st.sampled_from(["flip", "set", "cut out", "double", "cut short"]))
        if change == "flip":
            data[place] ^= 1 << draw(st.integers(0, 7))
        elif change == "set":
            data[place] = draw(st.sampled_from([0, 1, 9, 10, 13, 32, 39, 46, 63, 127, 128, 255]))
        elif change == "cut out":
            del data[place : place + size]
        elif change == "double":
            data[place:place] = data[place : place + size]
        else:
            del data[place:]
    return bytes(data)


def check(folder: Path, content: bytes, ending: str, reader: str | None) -> bool:
    """Read a file and make its graph; return whether it could be read."""
    path = folder / f"{NAME}{ending}"
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            structure = read_structure(path, reader=reader)
        except ProteinGraphError as error:
            text = str(error)
            assert text.startswith(f"{path}: ") and "\n" not in text and len(text) < 800
            assert ": cannot be read as " not in text, "the last resort of the reader"
            return False
        size = len(structure)
        assert size > 0 and len(structure.segment) == len(structure.chain) == size
        assert structure.atom_residue[-1] == size - 1
        for values in (structure.backbone, structure.atom_coord, structure.b_factor):
            assert np.isfinite(values).all()
        data = structure.to_data()
        if data.num_nodes:
            graph = GRAPH(data)
            assert graph.x.size(0) == graph.pos.size(0) == int(structure.backbone_mask[:, 1].sum())
            assert graph.edge_attr.size(0) == graph.edge_index.size(1)
            assert torch.isfinite(graph.x).all() and torch.isfinite(graph.edge_attr).all()
    return True


def run(folder: Path, kind: str, examples: int) -> tuple[int, int]:
    """Try so many mutated files of a kind; return how many were tried, and how many were read."""
    tried, read = [], []

    def one(content: bytes, ending: str, readers: tuple[str | None, ...]) -> None:
        for reader in readers:
            tried.append(reader)
            read.append(check(folder, content, ending, reader))

    both = ("gemmi", "prody")
    strategy, ending, readers = {
        "pdb lines": (lines_changed("pdb"), ".pdb", both),
        "mmcif lines": (lines_changed("cif"), ".cif", both),
        "pdb bytes": (bytes_changed(pdb(small_pdb())), ".pdb", both),
        "mmcif bytes": (bytes_changed(cif(*small_cif())), ".cif", both),
        "bcif bytes": (bytes_changed(BINARY), ".bcif", (None,)),
        "packed bytes": (bytes_changed(packed(pdb(small_pdb()))), ".pdb.gz", (None,)),
        "packed lines": (lines_changed("cif").map(gzip.compress), ".cif.gz", (None,)),
    }[kind]

    @settings(QUICK, max_examples=examples)
    @given(strategy)
    def every(content: bytes) -> None:
        one(content, ending, readers)

    every()
    return len(tried), sum(read)


KINDS = ("pdb lines", "mmcif lines", "pdb bytes", "mmcif bytes", "bcif bytes", "packed bytes",
         "packed lines")  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_some_hundred_mutated_files(tmp_path: Path, kind: str) -> None:
    tried, read = run(tmp_path, kind, 40)
    assert tried >= 40
    # Else nothing is tested but the first check of a reader.
    assert read > 0 or kind == "packed bytes"


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_ten_thousand_mutated_files(tmp_path: Path, kind: str) -> None:
    tried, read = run(tmp_path, kind, 1000)
    print(f"{kind}: {tried} cases, {read} of them read")
    assert tried >= 1000
