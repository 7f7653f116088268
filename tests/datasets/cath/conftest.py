"""A small CATH release in the layout of CATH's server, made of the shipped domains."""

from __future__ import annotations

import io
import tarfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from proteingraph.datasets import ChainPack, load_cath_scop_mini
from proteingraph.io import Structure, write_structure

OBSOLETE, UNLISTED, BROKEN = "1obsA00", "9xyzA00", "1brkB02"
NAMES = """\
# CATH Names File, format 2.0
1                          1oaiA00    :Mainly Alpha
2                          1h8pA01    :Mainly Beta
3                          1vkyA02    :
1.10                       1oaiA00    :Orthogonal Bundle
"""


def list_line(name: str, code: str, s35: int, length: int, resolution: float) -> str:
    """Line of a domain list (CLF 2.0)."""
    numbers = [*map(int, code.split(".")), s35, 1, 1, 1, 1, length]
    return f"{name} {' '.join(f'{number:5d}' for number in numbers)} {resolution:.3f}"


def release_folder(server: Path, version: str | None) -> Path:
    """Folder of a release below that of the server; the newest for None."""
    place = "latest-release" if version is None else f"all-releases/{version}"
    return server / "cath" / "releases" / place


def write_file(folder: Path, name: str, lines: Sequence[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("\n".join(lines) + "\n")


def write_archive(path: Path, members: dict[str, bytes]) -> None:
    """Archive of files in the folder `dompdb`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        folder = tarfile.TarInfo("dompdb")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, content in members.items():
            info = tarfile.TarInfo(f"dompdb/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


def domain_pdb(pack: ChainPack, i: int, scratch: Path) -> bytes:
    """A shipped domain as the PDB file that CATH would have of it."""
    graph = pack[i]
    structure = Structure.from_arrays(
        graph.backbone.numpy(),
        graph.residue_type.numpy(),
        mask=graph.backbone_mask.numpy(),
        chain=graph.name[4],
        residue_number=graph.residue_number.numpy(),
    )
    write_structure(structure, scratch / "domain.pdb")
    return (scratch / "domain.pdb").read_bytes()


def write_release(
    server: Path, pack: ChainPack, version: str | None, members: dict[str, bytes]
) -> None:
    """Write a release: all domains as S40, every other one as S20, with what goes wrong."""
    end = "" if version is None else f"-{version}"
    folder = release_folder(server, version)
    count: Counter[str] = Counter()
    lines = ["# CATH List File (CLF)", "#"]
    for name, code, length in zip(pack.names, pack.labels["cath_code"], pack.lengths, strict=True):
        count[code] += 1
        lines.append(list_line(name, code, count[code], length, 1.8))
    lines.append(list_line(BROKEN, "1.10.8.10", 90, 50, 999))
    lines.append(list_line(OBSOLETE, "1.10.8.10", 91, 50, 1000))
    classification = folder / "cath-classification-data"
    write_file(classification, f"cath-domain-list{end}.txt", lines)
    write_file(classification, f"cath-names{end}.txt", [NAMES])
    all_names = pack.names.tolist()
    for cut, names in (("S40", all_names), ("S20", all_names[::2])):
        stem = f"cath-dataset-nonredundant-{cut}{end}"
        listed = sorted([*names, BROKEN, OBSOLETE, UNLISTED])
        write_file(folder / "non-redundant-data-sets", f"{stem}.list", listed)
        broken = {BROKEN: members[names[0]][:40], "1notA00": members[names[0]]}
        chosen = {name: members[name] for name in reversed(names)}
        write_archive(folder / "non-redundant-data-sets" / f"{stem}.pdb.tgz", broken | chosen)


@pytest.fixture(scope="session")
def shipped() -> ChainPack:
    """Sixty shipped domains, of some forty topologies."""
    pack = load_cath_scop_mini()
    return pack.subset(range(0, len(pack), len(pack) // 60))


@pytest.fixture(scope="session")
def server_folder(tmp_path_factory: pytest.TempPathFactory, shipped: ChainPack) -> Path:
    """Folder of a server with two releases, one of them the latest. Not to be written to."""
    folder = tmp_path_factory.mktemp("server")
    scratch = tmp_path_factory.mktemp("scratch")
    members = {str(name): domain_pdb(shipped, i, scratch) for i, name in enumerate(shipped.names)}
    write_release(folder, shipped, "v4_3_0", members)
    write_release(folder, shipped.subset(range(30)), None, members)
    return folder
