"""A small SCOPe release in the true layout, made of shipped domains, with SCOPe's oddities."""

from __future__ import annotations

import io
import tarfile
import tempfile
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from proteingraph.datasets import load_cath_scop_mini
from proteingraph.io import Structure, write_structure

VERSION = "2.08"
FOLDS = ("a.7", "b.2", "c.44", "c.51", "g.3")
CLASSES = {
    "a": "All alpha proteins",
    "b": "All beta proteins",
    "c": "Alpha and beta proteins (a/b)",
    "g": "Small proteins",
}
COMMENTS = """\
# dir.{kind}.scope.txt
# SCOPe release 2.08 (2021-07-29)  [File format version 1.02]
# http://scop.berkeley.edu/
# Copyright (c) 1994-2021 the SCOP and SCOPe authors; see http://scop.berkeley.edu/about
"""
HEADER = """\
HEADER    SCOPe/ASTRAL domain {sid} [{sunid}]    29-JUL-21   0000
REMARK  99
REMARK  99 ASTRAL ASTRAL-version: 2.08
REMARK  99 ASTRAL SCOPe-sid: {sid}
REMARK  99 ASTRAL SCOPe-sun: {sunid}
REMARK  99 ASTRAL SCOPe-sccs: {sccs}
REMARK  99 ASTRAL Source-PDB: {pdb_id}
REMARK  99 ASTRAL Source-PDB-REVDAT: 18-MAR-98
REMARK  99 ASTRAL Region: {region}
REMARK  99 ASTRAL Data-updated-release: 2.08
"""


@dataclass(frozen=True)
class Domain:
    """A domain of the release: its row, its entry, and the entry's residues that it consists of."""

    sid: str
    region: str
    sccs: str
    entry: Structure
    rows: np.ndarray
    sunid: int = 0

    @property
    def pdb_id(self) -> str:
        return self.sid[1:5]

    @property
    def structure(self) -> Structure:
        return replace(self.entry.select(self.rows), name=self.sid)

    @property
    def astral_sid(self) -> str:
        return "g" + self.sid[1:] if "." in self.sid else self.sid


def shipped_domains() -> list[Domain]:
    """Domains of some folds, each the whole of its entry, numbered as shipped."""
    pack = load_cath_scop_mini()
    chosen = np.isin(pack.labels["scop_fold"], FOLDS)
    return [domain_of(graph) for graph in pack.subset(chosen)]


def domain_of(graph) -> Domain:
    """One shipped domain, in the chain that it came from."""
    chain = graph.chain_name[5:]
    numbers, segments = graph.residue_number.numpy(), graph.segment.numpy()
    entry = Structure.from_arrays(
        graph.backbone.numpy(),
        graph.residue_type.numpy(),
        mask=graph.backbone_mask.numpy(),
        chain=chain,
        residue_number=numbers,
        name=graph.chain_name[:4],
    )
    pieces = [numbers[segments == piece] for piece in range(segments.max() + 1)]
    region = ",".join(f"{chain}:{piece[0]}-{piece[-1]}" for piece in pieces)
    whole = graph.scop_sid.endswith("_") and len(pieces) == 1
    rows = np.arange(len(entry))
    return Domain(graph.scop_sid, f"{chain}:" if whole else region, graph.sccs, entry, rows)


def with_oddities(domains: list[Domain]) -> dict[str, Domain]:
    """Give five domains what SCOPe has, too; return them by what is odd about them."""
    long = [domain for domain in domains if len(domain.rows) > 90 and domain.sid.endswith("_")]
    chains, codes, whole, blank, upper = long[:5]
    half = len(chains.rows) // 2
    second = np.where(chains.rows < half, "A", "B")
    codes_number = np.arange(len(codes.rows)) - 4
    letters = np.full(len(codes.rows), "", "<U1")
    letters[60:63] = "A", "B", "C"
    codes_number[60:] -= [1, 2, 3] + [3] * (len(codes.rows) - 63)
    named = replace(codes.entry, residue_number=codes_number, insertion_code=letters)
    unnamed = [replace(one.entry, chain=np.full(len(one.rows), "")) for one in (whole, blank)]
    first = blank.entry.residue_number[10]
    return {
        "chains": replace(
            chains,
            sid=f"d{chains.pdb_id}.1",
            region="B:,A:",
            entry=replace(chains.entry, chain=second),
            rows=np.r_[half : len(chains.rows), :half],
        ),
        "codes": replace(
            codes,
            sid=f"{codes.sid[:6]}1",
            region=f"{codes.entry.chain[0]}:-2-20,{codes.entry.chain[0]}:55B-70",
            entry=named,
            rows=np.r_[2:25, 61:78],
        ),
        "whole": replace(whole, sid=f"d{whole.pdb_id}__", region="-", entry=unnamed[0]),
        "blank": replace(
            blank,
            sid=f"d{blank.pdb_id}_1",
            region=f"{first}-{first + 39}",
            entry=unnamed[1],
            rows=np.arange(10, 50),
        ),
        "upper": replace(upper, sid=f"{upper.sid[:5]}{upper.sid[5].upper()}_"),
    }


@dataclass(frozen=True)
class MiniRelease:
    """The release on disk: folder `site` as on the server, `entries` with whole PDB entries.

    Attributes:
        site: what the server has, in `downloads`.
        entries: whole entries, in folders by their middle letters.
        domains: what can be read of the 40 % subset, in its order.
        odd: those of them that are odd, by how.
        unread: `sid` of listed domains that cannot be read, by why.
    """

    site: Path
    entries: Path
    domains: list[Domain]
    odd: dict[str, Domain]
    unread: dict[str, str]

    @property
    def files(self) -> dict[str, Path]:
        """Files of the release by name."""
        return {path.name: path for path in self.site.rglob("*") if path.is_file()}


def build(folder: Path) -> MiniRelease:
    """Write a release."""
    plain = shipped_domains()
    odd = with_oddities(plain)
    replaced = {domain.sid[:5] for domain in odd.values()}
    kept = [domain for domain in plain if domain.sid[:5] not in replaced]
    numbered = sorted([*kept, *odd.values()], key=lambda domain: domain.sid)
    domains = [replace(domain, sunid=100_000 + i) for i, domain in enumerate(numbered)]
    odd = {what: next(d for d in domains if d.sid == one.sid) for what, one in odd.items()}
    absent, broken, bare = (
        replace(domains[-1], sid=sid, sunid=sunid)
        for sid, sunid in (("d9abcA_", 1), ("d9abda_", 2), ("d9abea_", 3))
    )
    site, entries = folder / "site", folder / "entries"
    for room in ("parse", f"scopeseq-{VERSION}", "pdbstyle"):
        (site / "downloads" / room).mkdir(parents=True)
    listed = [*domains, absent, broken, bare]
    write_parseable(site / "downloads" / "parse", listed)
    unlisted = replace(domains[0], sid="d9xyzb_")
    write_sequences(site / "downloads" / f"scopeseq-{VERSION}", [*listed, unlisted])
    files = {domain.sid: pdbstyle(domain) for domain in domains}
    files[odd["upper"].sid] = two_models(files[odd["upper"].sid])
    files[broken.sid] = pdbstyle(broken)[:1500]
    files[bare.sid] = pdbstyle(bare).replace(" CA ", " CB ")
    write_archive(site / "downloads" / "pdbstyle", files)
    write_entries(entries, domains)
    unread = {
        absent.sid: "no such file",
        broken.sid: "pdbstyle-2.08/ab/d9abda_.ent",
        bare.sid: "no residue with CA",
        unlisted.sid: "not classified",
    }
    return MiniRelease(site, entries, domains, odd, unread)


def pdbstyle(domain: Domain) -> str:
    """A domain's file as SCOPe writes it: its own header, and one TER after all chains."""
    lines = pdb_text(domain.structure).splitlines(keepends=True)
    ters = [i for i, line in enumerate(lines) if line.startswith("TER")]
    atoms = "".join(line for i, line in enumerate(lines) if i not in ters[:-1])
    fields = ("sid", "sunid", "sccs", "pdb_id", "region")
    return HEADER.format(**{field: getattr(domain, field) for field in fields}) + atoms


def pdb_text(structure: Structure) -> str:
    """What `write_structure` writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "structure.pdb"
        write_structure(structure, path)
        return path.read_text()


def two_models(text: str) -> str:
    """A file of two models, the second somewhere else."""
    lines = text.splitlines(keepends=True)
    atoms = [line for line in lines if line.startswith(("ATOM", "TER"))]
    moved = [line if line[0] == "T" else f"{line[:30]}{'0.000':>8}{line[38:]}" for line in atoms]
    head = [line for line in lines if line.startswith(("HEADER", "REMARK"))]
    models = ["MODEL        1\n", *atoms, "ENDMDL\n", "MODEL        2\n", *moved, "ENDMDL\n"]
    return "".join([*head, *models, "END\n"])


def write_parseable(folder: Path, domains: list[Domain]) -> None:
    """Write `dir.cla`, `dir.des` and `dir.hie`."""
    nodes: dict[tuple[str, ...], int] = {}
    lineages = {}
    for domain in domains:
        parts = domain.sccs.split(".")
        keys = [(".".join(parts[:depth]),) for depth in (1, 2, 3, 4)]
        keys += [(domain.sccs, "dm"), (domain.sccs, "dm", "sp")]
        lineages[domain.sid] = [nodes.setdefault(key, 46456 + len(nodes)) for key in keys]
    cla, des, hie = [], [], defaultdict(list)
    levels = ("cl", "cf", "sf", "fa", "dm", "sp", "px")
    for key, number in nodes.items():
        level = levels[key[0].count(".") + len(key) - 1]
        name = CLASSES.get(key[0], f'{level} of "{key[0]}", strand #2 is long')
        des.append(f"{number}\t{level}\t{key[0]}\t-\t{name}")
    for domain in domains:
        lineage = [*lineages[domain.sid], domain.sunid]
        named = ",".join(f"{level}={node}" for level, node in zip(levels, lineage, strict=True))
        row = (domain.sid, domain.pdb_id, domain.region, domain.sccs, str(domain.sunid), named)
        cla.append("\t".join(row))
        about = f"{domain.pdb_id} {domain.region}"
        des.append(f"{domain.sunid}\tpx\t{domain.sccs}\t{domain.sid}\t{about}")
        for parent, child in zip([0, *lineage], lineage, strict=False):
            if child not in hie[parent]:
                hie[parent].append(child)
    parent_of = {child: parent for parent, children in hie.items() for child in children}
    links = [
        f"{node}\t{parent_of.get(node, '-')}\t{','.join(map(str, hie.get(node, []))) or '-'}"
        for node in [0, *parent_of]
    ]
    cla.insert(len(cla) // 2, "# a comment between the rows")
    for kind, rows in (("cla", cla), ("des", des), ("hie", links)):
        text = COMMENTS.format(kind=kind) + "\n".join(rows) + "\n"
        (folder / f"dir.{kind}.scope.{VERSION}-stable.txt").write_text(text)


def write_sequences(folder: Path, domains: list[Domain]) -> None:
    """Write the sequences of the 40 % subset, 60 letters a line, pieces parted by X."""
    records = []
    for domain in domains:
        structure = domain.structure
        cuts = np.flatnonzero(np.diff(structure.segment)) + 1
        pieces = np.split(np.array(list(structure.sequence.lower())), cuts)
        text = "X".join("".join(piece) for piece in pieces)
        lines = [text[i : i + 60] for i in range(0, len(text), 60)]
        header = (
            f">{domain.astral_sid} {domain.sccs} ({domain.region}) A protein (some) {{A species"
        )
        records += [f"{header} [TaxId: 9606]}}", *lines]
    name = f"astral-scopedom-seqres-gd-sel-gs-bib-40-{VERSION}.fa"
    (folder / name).write_text("\n".join(records) + "\n")


def write_archive(folder: Path, files: dict[str, str]) -> None:
    """Write the archive of the domains' files, in alphabetical order as on the server."""
    with tarfile.open(folder / f"pdbstyle-sel-gs-bib-40-{VERSION}.tgz", "w:gz") as archive:
        for room in sorted({sid[2:4] for sid in files}):
            info = tarfile.TarInfo(f"pdbstyle-{VERSION}/{room}")
            info.type = tarfile.DIRTYPE
            archive.addfile(info)
        for sid in sorted(files, key=lambda sid: (sid[2:4], sid)):
            content = files[sid].encode()
            info = tarfile.TarInfo(f"pdbstyle-{VERSION}/{sid[2:4]}/{sid}.ent")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


def write_entries(folder: Path, domains: list[Domain]) -> None:
    """Write whole entries; of the wwPDB's today, in which every chain has a name."""
    of_entry = defaultdict(list)
    for domain in domains:
        of_entry[domain.pdb_id].append(domain.entry)
    for pdb_id, parts in of_entry.items():
        text = []
        for part in parts:
            named = replace(part, chain=np.where(part.chain == "", "A", part.chain))
            text += pdb_text(named).splitlines()[:-1]
        (folder / pdb_id[1:3]).mkdir(parents=True, exist_ok=True)
        path = folder / pdb_id[1:3] / f"pdb{pdb_id}.ent"
        path.write_text("\n".join([*text, "END", ""]))
