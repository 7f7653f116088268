"""Structure files that readers meet and dread, cut from real ones; the same bytes every time.

python -m helpers.hostile_structures     (in tests/; writes tests/data/hostile)
"""

from __future__ import annotations

import gzip
import io
import random
import re
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgpack

__all__ = ["FOLDER", "Case", "assembly", "hostile_files", "large_cases", "small_cif", "small_pdb",
           "write_large"]  # fmt: skip

DATA = Path(__file__).parents[1] / "data"
FOLDER = DATA / "hostile"
RESIDUES = 3
SEQUENCE = "KVF"
LONG = "LongA"
CHAINS = tuple(f"C{number}" for number in range(200))
BOMB = "bytes that unpack to more than"


@dataclass(frozen=True)
class Case:
    """A file, and what is to come of it.

    Attributes:
        name: Of the file.
        content: Of the file.
        told: What the reason for refusing it says, as a regular expression; empty if it is good.
        sequence: Of all chains one after the other, if it is good.
        chains: Their names.
        traced: Whether a residue has a CA; else it is read, and no command can make use of it.
    """

    name: str
    content: bytes
    told: str = ""
    sequence: str = SEQUENCE
    chains: tuple[str, ...] = ("A",)
    traced: bool = True


def small_pdb() -> list[str]:
    """Atom records of the first residues of lysozyme."""
    lines = (DATA / "1aki.pdb").read_text().splitlines()
    return [line for line in lines if line.startswith("ATOM") and int(line[22:26]) <= RESIDUES]


def small_cif() -> tuple[list[str], list[list[str]]]:
    """Names of the columns and rows of the same residues in mmCIF."""
    lines = (DATA / "1aki.cif").read_text().splitlines()
    tags = [line.strip() for line in lines if line.startswith("_atom_site.")]
    rows = [line.split() for line in lines if line.startswith("ATOM")]
    number = tags.index("_atom_site.auth_seq_id")
    return tags, [row for row in rows if int(row[number]) <= RESIDUES]


def pdb(lines: list[str], end: str = "\n") -> bytes:
    """Lines as a file that ends in TER and END."""
    return end.join([*lines, "TER", "END", ""]).encode("latin-1")


def cif(tags: list[str], rows: list[list[str]], end: str = "\n") -> bytes:
    """A table of atoms as a file."""
    head = ["data_HOSTILE", "#", "_entry.id HOSTILE", "#", "loop_"]
    return end.join([*head, *tags, *(" ".join(row) for row in rows), "#", ""]).encode()


def bcif(tags: list[str], rows: list[list[str]], spoil: Callable[[list[float]], None]) -> bytes:
    """The same as BinaryCIF, all columns plain arrays; `spoil` may change the x coordinates."""
    columns = []
    for place, tag in enumerate(tags):
        name, texts = tag.split(".")[1], [row[place] for row in rows]
        if name.startswith("Cartn_"):
            values = [float(text) for text in texts]
            if name == "Cartn_x":
                spoil(values)
            data = _numbers(values, "f", 32)
        else:
            data = _strings(texts)
        columns.append({"name": name, "data": data, "mask": None})
    category = {"name": "_atom_site", "rowCount": len(rows), "columns": columns}
    block = {"header": "HOSTILE", "categories": [category]}
    file = {"version": "0.3.0", "encoder": "by hand", "dataBlocks": [block]}
    packed: bytes = msgpack.packb(file, use_bin_type=True)
    return packed


def _numbers(values: list[float] | list[int], kind: str, code: int) -> dict[str, object]:
    encoding = [{"kind": "ByteArray", "type": code}]
    return {"data": struct.pack(f"<{len(values)}{kind}", *values), "encoding": encoding}


def _strings(texts: list[str]) -> dict[str, object]:
    unique = list(dict.fromkeys(texts))
    edges = [0]
    for text in unique:
        edges.append(edges[-1] + len(text))
    offsets, rows = _numbers(edges, "i", 3), _numbers([unique.index(t) for t in texts], "i", 3)
    encoding = {
        "kind": "StringArray",
        "dataEncoding": rows["encoding"],
        "stringData": "".join(unique),
        "offsetEncoding": offsets["encoding"],
        "offsets": offsets["data"],
    }
    return {"data": rows["data"], "encoding": [encoding]}


def packed(content: bytes) -> bytes:
    """Pack with gzip, without the time."""
    return gzip.compress(content, mtime=0)


def hostile_files() -> list[Case]:
    """All small cases."""
    cases = [*_no_structures(), *_cut_short(), *_wrong_names(), *_bad_numbers(), *_unusual()]
    assert len({case.name for case in cases}) == len(cases)
    return cases


def _no_structures() -> Iterator[Case]:
    noise = random.Random(7).randbytes(2000)
    unknown = "neither name nor content tells|no ATOM or HETATM|not well-formed|holds zero bytes"
    yield Case("empty.pdb", b"", "the file is empty")
    yield Case("blank.cif", b" \n\r\n\t\n" * 300, "the file is empty")
    yield Case("empty.pdb.gz", packed(b""), "the file is empty")
    for ending in (".pdb", ".cif", ".bcif"):
        yield Case(f"noise{ending}", noise, unknown)
    yield Case("zeros.pdb", bytes(2000), unknown)
    yield Case("table.csv", b"file,chain,label\n1aki.pdb,A,1\n" * 20, unknown)
    yield Case("table_called.pdb", b"file,chain,label\n1aki.pdb,A,1\n" * 20, unknown)
    yield Case("page_called.cif", b"<!DOCTYPE html><html>404 Not Found</html>\n", unknown)
    yield Case("sequence_called.pdb", b">1AKI_1|Chain A\nKVFGRCELAAAMKRHGLDNYRGYSLG\n", unknown)
    yield Case("utf16.pdb", "\n".join(small_pdb()[:9]).encode("utf-16"), unknown)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(zipfile.ZipInfo("1aki.pdb"), pdb(small_pdb()))
    yield Case("zip_called.pdb", archive.getvalue(), "is a zip archive")
    waters = [f"HETATM{line[6:17]}HOH{line[20:]}" for line in small_pdb()[:9]]
    yield Case("waters.pdb", pdb(waters), "no amino-acid residue found among 9 atoms")
    yield Case("no_atoms.cif", b"data_X\n_entry.id X\n#\n", "no _atom_site.Cartn_x")


def _cut_short() -> Iterator[Case]:
    whole, (tags, rows) = pdb(small_pdb()), small_cif()
    headed = (DATA / "1aki.pdb").read_bytes()
    head = b"".join(
        line for line in headed.splitlines(keepends=True) if line.startswith((b"HEADER", b"SEQRES"))
    )
    yield Case("cut.pdb", whole[:1500], "cut short")
    yield Case("cut_between_records.pdb", head + whole[: 81 * 20], "midst of its atoms")
    lines = ["MODEL        1", *small_pdb(), "TER", "ENDMDL", "MODEL        2", small_pdb()[0]]
    cut_model = "\n".join(lines).encode()
    yield Case("cut_model.pdb", cut_model.replace(b"ENDMDL\n", b""), "has no ENDMDL")
    yield Case("cut.cif", cif(tags, rows)[:2500], "not well-formed mmCIF, or cut short")
    binary = bcif(tags, rows, lambda values: None)
    yield Case("cut.bcif", binary[:-200], "not well-formed BinaryCIF, or cut short")
    yield Case("cut.pdb.gz", packed(whole)[:-100], "broken gzip")
    yield Case("cut.bcif.gz", packed(binary)[:-100], "broken gzip")
    broken = bytearray(packed(whole))
    broken[300] ^= 255
    yield Case("altered.pdb.gz", bytes(broken), "broken gzip")
    # As a program's output may be that was cut by a full disk.
    yield Case("cut_digits.pdb", whole[: 81 * 10 + 50], "cut short")


def _wrong_names() -> Iterator[Case]:
    text, table = pdb(small_pdb()), cif(*small_cif())
    binary = bcif(*small_cif(), lambda values: None)
    for name, content in (
        ("mmcif_called.pdb", table), ("pdb_called.cif", text), ("bcif_called.cif", binary),
        ("pdb_called.bcif", text), ("mmcif_called.bcif", table),
    ):  # fmt: skip
        yield Case(name, content, "the name says .*, the content looks like .*; .*rename the file")
    yield Case("packed_twice.pdb.gz", packed(packed(text)), "packed with gzip twice")
    # Browsers unpack downloads, and programs pack without saying so: what is meant is clear.
    yield Case("plain_called.pdb.gz", text)
    yield Case("packed_called.pdb", packed(text))
    yield Case("upper.CIF", table)
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as file:
        member = tarfile.TarInfo("1aki.pdb")
        member.size = len(text)
        file.addfile(member, io.BytesIO(text))
    yield Case("tar_called.pdb", archive.getvalue(), "is a tar archive")


def _bad_numbers() -> Iterator[Case]:
    lines, (tags, rows) = small_pdb(), small_cif()
    place = tags.index("_atom_site.Cartn_x")
    for name, text in (
        ("nan", "nan"),
        ("infinite", "inf"),
        ("huge", "1e30"),
        ("stars", "********"),
    ):
        changed = [*lines[:9], f"{lines[9][:30]}{text:>8}{lines[9][38:]}", *lines[10:]]
        told = f"line 10: x coordinate is {f'{text:>8}'!r}, not a number"
        yield Case(f"{name}.pdb", pdb(changed), re.escape(told))
    for name, text, told in (
        ("nan", "nan", "row 10 of _atom_site: Cartn_x is 'nan', not a number"),
        ("infinite", "inf", "row 10 of _atom_site: Cartn_x is 'inf', not a number"),
        ("huge", "1e30", "atom .* has coordinates .*1e.30"),
    ):
        changed = [[*row[:place], text, *row[place + 1 :]] if n == 9 else row
                   for n, row in enumerate(rows)]  # fmt: skip
        yield Case(f"{name}.cif", cif(tags, changed), told)

        def spoil(values: list[float], text: str = text) -> None:
            values[9] = float(text)

        yield Case(f"{name}.bcif", bcif(tags, rows, spoil), "atom .* has coordinates")


def _unusual() -> Iterator[Case]:
    """Files that are in order, or nearly so, and must be read."""
    lines, (tags, rows) = small_pdb(), small_cif()
    twice = [line for line in lines for _ in range(2)]
    yield Case("duplicated_atoms.pdb", pdb(twice))
    yield Case("duplicated_atoms.cif", cif(tags, [row for row in rows for _ in range(2)]))
    unknown = [f"{line[:17]}UNK{line[20:]}" for line in lines]
    yield Case("all_unknown.pdb", pdb(unknown), sequence="X" * RESIDUES)
    number = tags.index("_atom_site.auth_seq_id")
    named = {tags.index(f"_atom_site.{kind}_comp_id") for kind in ("label", "auth")}
    nameless = [["UNK" if n in named else text for n, text in enumerate(row)] for row in rows]
    yield Case("all_unknown.cif", cif(tags, nameless), sequence="X" * RESIDUES)
    yield Case("one_residue.pdb", pdb(lines[:9]), sequence="K")
    yield Case("one_residue.cif", cif(tags, [r for r in rows if r[number] == "1"]), sequence="K")
    yield Case("one_atom.pdb", pdb([lines[1]]), sequence="K")
    no_trace = [line for line in lines if line[12:16] != " CA "]
    yield Case("no_ca.pdb", pdb(no_trace), traced=False)
    trace = [line for line in lines if line[12:16] == " CA "]
    yield Case("ca_only.pdb", pdb(trace))
    one_place = [f"{line[:30]}{0:8.3f}{0:8.3f}{0:8.3f}{line[54:]}" for line in lines]
    yield Case("one_place.pdb", pdb(one_place))
    text, table = pdb(lines), cif(tags, rows)
    for name, end in (("cr", "\r"), ("crlf", "\r\n")):
        yield Case(f"lines_end_in_{name}.pdb", pdb(lines, end))
        yield Case(f"lines_end_in_{name}.cif", cif(tags, rows, end))
    yield Case("lines_end_in_all.pdb", _mixed_ends(text))
    yield Case("lines_end_in_all.cif", _mixed_ends(table))
    yield Case("byte_order_mark.pdb", b"\xef\xbb\xbf" + text)
    author = tags.index("_atom_site.auth_asym_id")
    renamed = [[*row[:author], LONG, *row[author + 1 :]] for row in rows]
    yield Case("long_chain_name.cif", cif(tags, renamed), chains=(LONG,))
    models = []
    for model in range(1, 61):
        models += [f"MODEL     {model:4d}", *lines, "TER", "ENDMDL"]
    yield Case("sixty_models.pdb.gz", packed("\n".join([*models, "END", ""]).encode()))
    place = tags.index("_atom_site.pdbx_PDB_model_num")
    many = [[*row[:place], str(n), *row[place + 1 :]] for n in range(1, 61) for row in rows]
    yield Case("sixty_models.cif.gz", packed(cif(tags, many)))


def _mixed_ends(content: bytes) -> bytes:
    ends = (b"\n", b"\r\n", b"\r")
    lines = content.splitlines()
    return b"".join(line + ends[number % 3] for number, line in enumerate(lines))


def large_cases() -> list[Case]:
    """Cases that are too large to be kept, without their content: see `write_large`."""
    return [
        Case("single_line.pdb", b"", "no ATOM or HETATM record in 1 lines"),
        Case("single_line.cif", b"", "not well-formed|no _atom_site"),
        Case("single_record.pdb", b"", sequence="K"),
        Case("bomb.pdb.gz", b"", BOMB),
        Case("bomb.cif.gz", b"", BOMB),
        Case("assembly.cif", b"", sequence="A" * 100_000, chains=CHAINS),
    ]


def write_large(case: Case, folder: Path) -> Path:
    """Write one of them."""
    make: dict[str, Callable[[], bytes]] = {
        "single_line.pdb": lambda: b"A" * 10_000_000,
        "single_line.cif": lambda: b"data_" + b"A" * 10_000_000,
        "single_record.pdb": lambda: small_pdb()[1].encode() + b" " * 10_000_000 + b"\nTER\nEND\n",
        "bomb.pdb.gz": lambda: _bomb(b"ATOM  "),
        "bomb.cif.gz": lambda: _bomb(b"data_X\n#"),
        "assembly.cif": lambda: assembly(len(case.sequence)),
    }
    path = folder / case.name
    path.write_bytes(make[case.name]())
    return path


def _bomb(start: bytes) -> bytes:
    """A hundred kB that unpack to 80 MB."""
    return packed(start + b" " * 80_000_000)


def assembly(residues: int, per_chain: int = 500) -> bytes:
    """CA atoms of chains in rows, with names of several letters."""
    tags = ["group_PDB", "id", "type_symbol", "label_atom_id", "label_alt_id", "label_comp_id",
            "label_asym_id", "label_seq_id", "Cartn_x", "Cartn_y", "Cartn_z", "auth_seq_id",
            "auth_asym_id"]  # fmt: skip
    rows = []
    for place in range(residues):
        chain, rank = divmod(place, per_chain)
        across, along = divmod(rank, 50)
        x, y = (along if across % 2 == 0 else 49 - along) * 3.8, across * 3.8
        rows.append(
            f"ATOM {place + 1} C CA . ALA C{chain} {rank + 1} {x:.3f} {y:.3f} {chain * 6:.3f} "
            f"{rank + 1} C{chain}"
        )
    head = ["data_assembly", "#", "loop_", *(f"_atom_site.{tag}" for tag in tags)]
    return "\n".join([*head, *rows, "#", ""]).encode()


def main() -> None:
    """Write the small cases to the folder of test data."""
    FOLDER.mkdir(exist_ok=True)
    for case in hostile_files():
        (FOLDER / case.name).write_bytes(case.content)


if __name__ == "__main__":
    main()
