"""Settings, packed chains, archives and tables that a command may be given and must refuse.

    python -m helpers.hostile_inputs     (in tests/; writes tests/data/hostile)

What would do harm if it were obeyed leaves a trace: a file of the name `HARM` where the command
runs.
"""

from __future__ import annotations

import io
import random
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from helpers.hostile_structures import FOLDER, packed, pdb, small_pdb

__all__ = ["HARM", "archives", "large_npz", "npz_files", "settings_files", "tables"]

HARM = "harm_was_done"


class Harmful:
    """What makes a file when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (HARM, "w")


def settings_files() -> dict[str, bytes]:
    """Files of settings."""
    calls = f"!!python/object/apply:os.system ['touch {HARM}']"
    new = f"!!python/object/new:os.system ['touch {HARM}']"
    laughs = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    for n in range(1, 10):
        laughs.append(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]")
    return {
        "calls.yaml": f"steps: {calls}\n".encode(),
        "calls_whole.yaml": calls.encode(),
        "constructs.yaml": f"steps: 2\ndata:\n  crop: {new}\n".encode(),
        "imports.yaml": b"steps: !!python/name:os.system ''\n",
        "module.yaml": b"!!python/module:os : 2\n",
        "tuple.yaml": b"steps: !!python/tuple [1, 2]\n",
        "merges.yaml": b"<<: 3\nsteps: 2\n",
        "laughs.yaml": "\n".join(laughs).encode(),
        "deep.yaml": b"[" * 5000,
        "deep_map.yaml": b"{a: " * 1500 + b"}" * 1500,
        "circle.yaml": b"model: &m\n  graph: *m\n",
        "circle_of_lists.yaml": b"steps: &s [*s]\n",
        "list.yaml": b"- steps\n- 2\n",
        "text.yaml": b"steps",
        "noise.yaml": random.Random(11).randbytes(2000),
        "zeros.yaml": bytes(1000),
        "half.yaml": b"steps: [1, 2\nmodel: {",
        "two_documents.yaml": b"steps: 2\n---\nsteps: 3\n",
        "keys.yaml": b"? [1, 2]\n: 3\n2: 4\n",
        "huge_number.yaml": b"steps: " + b"9" * 5000,
        "infinite.yaml": b"steps: .inf\noptimizer:\n  learning_rate: .nan\n",
        "unknown.yaml": b"stepps: 3\n",
        "date.yaml": b"steps: 2026-13-45\n",
    }


def npz_files() -> dict[str, bytes]:
    """Files called .npz."""
    whole = _pack()
    altered = bytearray(whole)
    altered[len(altered) // 3] ^= 255
    chains = {"length": np.array([2**40]), "residue_type": np.zeros(2, np.int8)}
    pickled = np.array([Harmful()], dtype=object)
    return {
        "pickled.npz": _npz(format=np.array("proteingraph chain pack"), version=1, names=pickled),
        "pickled_chains.npz": _npz(first_ca=pickled, chain=pickled, length=np.array([1])),
        "empty.npz": b"",
        "noise.npz": random.Random(12).randbytes(2000),
        "cut.npz": whole[: len(whole) // 2],
        "altered.npz": bytes(altered),
        "text_called.npz": b"no archive\n",
        "other_arrays.npz": _npz(a=np.arange(3), b=np.arange(4)),
        "endless.npz": _with(whole, **chains, coordinates=np.zeros((1, 3), np.uint8)),
        "short.npz": _with(whole, length=np.array([1], np.int32)),
        "negative.npz": _with(whole, length=np.array([-1, 3], np.int32)),
        "other_types.npz": _with(whole, length=np.array(["a", "b"])),
        "foreign_types.npz": _with(whole, residue_type=np.full(3, 99, np.int8)),
        "future.npz": _with(whole, version=np.array(99)),
        "announced.npz": _announced(),
    }


def large_npz(folder: Path) -> dict[str, bytes]:
    """Write packed chains that unpack to gigabytes; give their names."""
    path = folder / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("format", "version", "length", "residue_type", "coordinates"):
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                values = 10**9 if name == "coordinates" else 1
                header = {"descr": "|u1", "fortran_order": False, "shape": (values,)}
                np.lib.format.write_array_header_1_0(file, header)
                for _ in range(max(1, values // 10**7)):
                    file.write(bytes(min(values, 10**7)))
    return {path.name: b""}


def _pack() -> bytes:
    """Packed chains: the residues of the small structure."""
    from proteingraph.datasets import ChainPack
    from proteingraph.io import read_structure

    graph = read_structure(pdb(small_pdb())).to_data()
    graph.name = "hostile"
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "whole.npz"
        ChainPack.from_data([graph]).save(target)
        return target.read_bytes()


def _npz(**arrays: Any) -> bytes:
    target = io.BytesIO()
    np.savez(target, **arrays)
    return target.getvalue()


def _with(content: bytes, **changed: Any) -> bytes:
    with np.load(io.BytesIO(content)) as archive:
        return _npz(**{**{name: archive[name] for name in archive.files}, **changed})


def _announced() -> bytes:
    """An array that announces more values than any machine can hold."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in ("format", "version", "length", "residue_type", "coordinates"):
            with archive.open(f"{name}.npy", "w") as file:
                header = {"descr": "<f8", "fortran_order": False, "shape": (10**14,)}
                np.lib.format.write_array_header_1_0(file, header)
    return target.getvalue()


def archives() -> dict[str, bytes]:
    """Tar archives; each holds a good structure too, `good.pdb`, but for those that are cut."""
    good = pdb(small_pdb())
    whole = _tar([_member("good.pdb", good)] * 2)
    links = {"symbolic": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE}
    linked = {
        f"{kind}_link.tar": _tar([_link("link.pdb", "/etc/passwd", how), _member("good.pdb", good)])
        for kind, how in links.items()
    }
    return {
        "up.tar": _tar([_member("../up.pdb", good), _member("good.pdb", good)]),
        "deep_up.tar": _tar([_member("a/../../up.pdb", good), _member("good.pdb", good)]),
        "absolute.tar": _tar([_member("/tmp/absolute.pdb", good), _member("good.pdb", good)]),
        **linked,
        "device.tar": _tar([_link("device.pdb", "", tarfile.CHRTYPE), _member("good.pdb", good)]),
        "cut.tar": whole[:3000],
        "cut.tar.gz": packed(whole)[:700],
        "empty.tar": b"",
        "no_members.tar": _tar([]),
        "noise.tar.gz": random.Random(13).randbytes(2000),
        "noise.tar.xz": random.Random(14).randbytes(2000),
        "text_called.tar": b"no archive\n" * 100,
        "bad_member.tar": _tar([_member("bad.pdb", good[:1000]), _member("good.pdb", good)]),
    }


def _member(name: str, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    return member, content


def _link(name: str, target: str, kind: bytes) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member, b""


def _tar(members: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as file:
        for member, content in members:
            file.addfile(member, io.BytesIO(content))
    return target.getvalue().rstrip(b"\0") + bytes(1024)  # it fills up to 10 kB


def tables() -> dict[str, bytes]:
    """Tables of labels, splits and values."""
    noise = random.Random(15).randbytes(2000)
    return {
        "empty.csv": b"",
        "noise.csv": noise,
        "zeros.csv": bytes(500),
        "noise.parquet": noise,
        "cut.parquet": b"PAR1" + noise[:300],
        "header.csv": b"file,chain,residue_number,label\n",
        "other_columns.csv": b"a,b,c\n1,2,3\n",
        "ragged.csv": b"file,chain,residue_number,label\n1aki.pdb\n1,2,3,4,5,6,7\n",
        "quotes.csv": b'file,chain,residue_number,label\n"1aki.pdb,A,1,1\n',
        "twice.csv": b"file,file,chain,label\n1aki.pdb,1aki.pdb,A,1\n",
        "numbers.csv": b"file,chain,residue_number,label\n1aki.pdb,A,nan,inf\n1aki.pdb,A,1e30,2\n",
        "latin.csv": b"file,chain,residue_number,label\n\xe9.pdb,A,1,1\n",
    }


def every() -> Iterator[tuple[str, bytes]]:
    """All of them, by name."""
    for files in (settings_files(), npz_files(), archives(), tables()):
        yield from files.items()


def main() -> None:
    """Write them to the folder of test data."""
    for name, content in every():
        (FOLDER / name).write_bytes(content)


if __name__ == "__main__":
    main()
