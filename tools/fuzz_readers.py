"""Fuzz the structure readers, guided by the code that inputs reach.

    pip install atheris
    python tools/fuzz_readers.py TARGET --runs 60000 --seed 1 --work FOLDER

TARGET is `pdb`, `mmcif`, `bcif`, `any` (format told from the content, packed or not), `prody-pdb`
or `prody-mmcif`. Seeds are cut from the files in tests/data. An input may give a sound structure or
a `StructureError` that names it, and nothing else: whatever raises otherwise, or ends in the
readers' last resort against unforeseen errors, is kept in FOLDER/findings, once for each place in
the code, and the run goes on. What takes over ten seconds or 2 GiB ends the run, as a crash does;
that input is kept in FOLDER too. Under atheris (not without it) memory grows by some 10 kB an input
of `pdb`: run it again with another seed, rather than for longer.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import random
import re
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["proteingraph", "biotite.structure.io", "prody"]):
    import numpy as np

    from proteingraph.errors import StructureError
    from proteingraph.io import Structure, read_structure

    # Loaded on use else, when no code is instrumented any more.
    from proteingraph.io import bcif_reader, prody_reader  # noqa: F401  # isort: skip
    import biotite.structure.io.pdbx as pdbx
    import prody  # noqa: F401

DATA = Path(__file__).parents[1] / "tests" / "data"
TARGETS: dict[str, dict[str, str | None]] = {
    "pdb": {"format": "pdb", "reader": None},
    "mmcif": {"format": "mmcif", "reader": None},
    "bcif": {"format": "bcif", "reader": None},
    "any": {"format": None, "reader": None},
    "prody-pdb": {"format": "pdb", "reader": "prody"},
    "prody-mmcif": {"format": "mmcif", "reader": "prody"},
}
ATOMS = 14
MAX_SIZE = 8192
LIMITS = ("-timeout=10", "-rss_limit_mb=2048", f"-max_len={MAX_SIZE}", "-print_final_stats=1")
WORDS = [
    "ATOM  ", "HETATM", "ANISOU", "HEADER", "SEQRES", "TER   ", "MODEL ", "MODEL        2\\x0a",
    "ENDMDL\\x0a", "END\\x0a", "MSE", "UNK", "ACE", "HOH", " CA ", "     nan", "    1e30",
    "********", "        ", "A000", "zzzz", "-999", "data_x\\x0a", "loop_\\x0a", "#\\x0a", ";",
    "\\x0a;", "'", "\\x22", "?", ".", "1e400", "nan", "inf", "(3)", "save_", "global_", "stop_",
    "_atom_site.", "_atom_site.Cartn_x", "_atom_site.label_alt_id", "_atom_site.auth_asym_id",
    "_atom_site.pdbx_PDB_model_num", "_atom_site.pdbx_PDB_ins_code", "_atom_site.auth_seq_id",
    "_entity_poly_seq.", "_struct_asym.", "_cell.length_a", "\\x1f\\x8b", "\\x0d", "\\x0d\\x0a",
]  # fmt: skip

ODD_FIELDS = [
    b"nan", b"inf", b"1e30", b"-1e5", b"99999.999", b"1e-400", b"0", b"-0.0", b"9999", b"-999",
    b"2147483647", b"2147483648", b"9223372036854775808", b"1.5", b"A", b"b", b"1", b"MSE", b"UNK",
    b"HETATM", b"ATOM", b"CA", b"N", b"C", b"D", b"H", b"SE", b"ABCDEFGHIJ", b"'a b'", b"\xe9",
    b"\xc3\xa9", b"MODEL", b"TER", b"END", b"Z",
]  # fmt: skip


def cut_pdb(content: bytes, first: int = 0) -> bytes:
    """Keep some records of a PDB file: heading, a few atoms, TER, END."""
    lines = content.splitlines(keepends=True)
    atoms = [line for line in lines if line.startswith((b"ATOM", b"HETATM", b"ANISOU"))]
    head = [line for line in lines if line.startswith((b"HEADER", b"SEQRES", b"CRYST1"))][:3]
    last = [line for line in atoms if line.startswith(b"HETATM")][:2]
    return b"".join([*head, *atoms[first : first + ATOMS], b"TER\n", *last, b"END\n"])


def cut_mmcif(content: bytes, first: int = 0) -> bytes:
    """Keep an mmCIF file's table of atoms, cut after a few rows."""
    lines = content.splitlines(keepends=True)
    tags = [line for line in lines if line.startswith(b"_atom_site.")]
    rows = [line.rstrip() + b"\n" for line in lines if line.startswith((b"ATOM", b"HETATM"))]
    head = b"data_seed\n_entry.id seed\n#\nloop_\n"
    return head + b"".join([*tags, *rows[first : first + ATOMS], rows[-1], b"#\n"])


def cut_bcif(content: bytes, first: int = 0) -> bytes:
    """Keep the same of a BinaryCIF file, encoded anew."""
    import io

    category = pdbx.BinaryCIFFile.read(io.BytesIO(content)).block["atom_site"]
    rows = slice(first, first + ATOMS)
    columns = {key: column.as_array()[rows] for key, column in category.items()}
    for axis in "xyz":
        columns[f"Cartn_{axis}"] = columns[f"Cartn_{axis}"].astype(np.float32)
    block = pdbx.BinaryCIFBlock()
    block["atom_site"] = pdbx.BinaryCIFCategory(columns)
    written = io.BytesIO()
    pdbx.compress(pdbx.BinaryCIFFile({"x": block})).write(written)
    return written.getvalue()


def seeds(target: str) -> list[bytes]:
    """Small inputs of the target's format, from real files."""
    places = (0, 400, 900)
    pdb = [
        cut_pdb((DATA / name).read_bytes(), place)
        for name in ("1aki.pdb", "1HE1_r_u.pdb")
        for place in places
    ]
    mmcif = [cut_mmcif((DATA / "1aki.cif").read_bytes(), place) for place in places]
    mmcif += [cut_mmcif((DATA / name).read_bytes()) for name in ("altloc.cif", "res_ids.cif")]
    bcif = [cut_bcif((DATA / "1aki.bcif").read_bytes(), place) for place in places]
    hostile = [
        path.read_bytes()
        for path in sorted((DATA / "hostile").glob("*"))
        if path.is_file() and path.stat().st_size <= MAX_SIZE
    ]
    kind = target.removeprefix("prody-")
    every = [*pdb, *mmcif, *bcif]
    known = {"pdb": pdb, "mmcif": mmcif, "bcif": bcif}
    return [*known.get(kind, [*every, *map(gzip.compress, every)]), *hostile]


def mutate_text(data: bytes, max_size: int, seed: int) -> bytes:
    """Change a field, or move lines: what stays readable longer than with bytes changed."""
    chance = random.Random(seed)
    if chance.random() < 0.4:
        return bytes(atheris.Mutate(data, max_size))
    lines = data.splitlines(keepends=True) or [b"\n"]
    place, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    draw = chance.random()
    if draw < 0.15:
        del lines[place]
    elif draw < 0.3:
        lines.insert(other, lines[place])
    elif draw < 0.4:
        lines[place], lines[other] = lines[other], lines[place]
    else:
        fields = [match.span() for match in re.finditer(rb"\S+", lines[place])] or [(0, 0)]
        first, last = chance.choice(fields)
        text = lines[place][first:last]
        donor = re.findall(rb"\S+", lines[other]) or [b"?"]
        new = chance.choice([
            b"?", b".", b"", text * 2, text[:-1], b"-" + text, text + b"0", chance.choice(donor),
            chance.choice(ODD_FIELDS), bytes(atheris.Mutate(text or b"A", 8)),
        ])  # fmt: skip
        # Half of the time the columns stay where they are.
        new = new.rjust(last - first)[: last - first] if chance.random() < 0.5 else new
        lines[place] = lines[place][:first] + new + lines[place][last:]
    return b"".join(lines)[:max_size]


def mutate_bcif(data: bytes, max_size: int, seed: int) -> bytes:
    """Change one value somewhere in the tree that a BinaryCIF file packs, or some bytes."""
    import msgpack

    chance = random.Random(seed)
    try:
        tree = msgpack.unpackb(data, use_list=True, raw=False)
        if chance.random() < 0.3:
            raise ValueError
        _mutate(tree, chance)
        packed = bytes(msgpack.packb(tree, use_bin_type=True))
    except Exception:
        return bytes(atheris.Mutate(data, max_size))
    return packed if len(packed) <= max_size else bytes(atheris.Mutate(data, max_size))


def _mutate(tree: Any, chance: random.Random) -> None:
    """Change one leaf of nested lists and dictionaries, or drop or repeat a branch."""
    while True:
        keys = list(tree) if isinstance(tree, dict) else list(range(len(tree)))
        if not keys:
            return
        key = chance.choice(keys)
        branch = tree[key]
        if isinstance(branch, dict | list) and branch and chance.random() < 0.9:
            tree = branch
            continue
        break
    draw = chance.random()
    if draw < 0.1:
        del tree[key]
    elif draw < 0.2:
        tree[key] = tree[chance.choice(keys)]
    elif isinstance(branch, bytes) and branch:
        tree[key] = bytes(atheris.Mutate(branch, len(branch) + 4))
    elif isinstance(branch, bool | int | float):
        odd = [0, 1, -1, 2, 3, 32, 33, 127, 255, 2**16, 2**31, -(2**31), 2**40, 1.5, None, "x"]
        tree[key] = chance.choice([branch + 1, branch * 2, -branch, *odd])
    else:
        kinds = ("ByteArray", "FixedPoint", "IntervalQuantization", "RunLength", "Delta",
                 "IntegerPacking", "StringArray", "_atom_site", "", None, [], {}, b"")  # fmt: skip
        tree[key] = chance.choice(kinds)


def check(structure: Structure) -> None:
    """Raise AssertionError unless a structure is sound, also as a graph's nodes."""
    assert len(structure) > 0
    for values in (structure.backbone, structure.atom_coord, structure.b_factor):
        assert np.isfinite(values).all()
    assert not structure.backbone[~structure.backbone_mask].any()
    assert (np.diff(structure.atom_residue) >= 0).all()
    assert 0 <= structure.residue_type.min() and structure.residue_type.max() <= 20
    assert structure.atom_residue[-1] == len(structure) - 1
    assert (np.diff(structure.segment) >= 0).all()


class Findings:
    """Inputs that did what none may, one kept for each place in the code."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.known: set[str] = set()
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, data: bytes, error: BaseException) -> None:
        """Keep an input, unless one that failed at the same place is kept."""
        cause = error.__cause__ or error
        frames = [
            f"{Path(frame.filename).name}:{frame.lineno}"
            for frame in traceback.extract_tb(cause.__traceback__)
        ]
        place = f"{type(cause).__name__} {' '.join(frames[-3:])}"
        if place in self.known:
            return
        self.known.add(place)
        name = hashlib.sha256(place.encode()).hexdigest()[:12]
        (self.folder / name).write_bytes(data)
        (self.folder / f"{name}.txt").write_text(
            "".join(traceback.format_exception(error)), encoding="utf-8"
        )
        print(f"finding {name}: {place}: {cause}", flush=True)


def one_input(options: dict[str, Any], findings: Findings) -> Callable[[bytes], None]:
    """Return what is done with each input."""

    def run(data: bytes) -> None:
        try:
            check(read_structure(data, max_bytes=1 << 22, **options))
        except StructureError as error:
            if not str(error).startswith("<bytes>: ") or ": cannot be read as " in str(error):
                findings.add(data, error)
        except Exception as error:
            findings.add(data, error)

    return run


def main() -> None:
    """Fuzz one target."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", choices=list(TARGETS))
    parser.add_argument("--runs", type=int, default=60_000, help="executions")
    parser.add_argument("--work", type=Path, required=True, help="folder for corpus and findings")
    parser.add_argument("--seed", type=int, default=1, help="seed of the mutations")
    arguments = parser.parse_args()
    corpus = arguments.work / arguments.target
    corpus.mkdir(parents=True, exist_ok=True)
    for content in seeds(arguments.target):
        (corpus / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content)
    words = arguments.work / "words.dict"
    words.write_text("".join(f'"{word}"\n' for word in WORDS), encoding="utf-8")
    warnings.simplefilter("error")
    findings = Findings(arguments.work / "findings")
    flags = [
        f"-runs={arguments.runs}",
        f"-seed={arguments.seed}",
        f"-dict={words}",
        f"-artifact_prefix={arguments.work}/{arguments.target}-",
        *LIMITS,
    ]
    mutate = mutate_bcif if arguments.target in ("bcif", "any") else mutate_text
    test = one_input(TARGETS[arguments.target], findings)
    atheris.Setup([sys.argv[0], *flags, str(corpus)], test, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
