"""How quickly structure files become residue graphs, by this package and by others.

    python benchmarks/speed/file_to_graph.py [--data-root FOLDER] [--graphein PYTHON]

Readers are timed alternately in one process with one thread, reading and making the graph apart:
ours with gemmi and with ProDy, both with the whole recipe; ProDy, Biopython and biotite alone,
which give edges within 10 Å without attributes. PDB files are of two kinds, of 150 to 350 residues:
backbones written from the corpus (about 250 residues, 4 atoms each), and all-atom files of one
chain, those of `FOLDER/files`; without it, what the tests have of that length. Whole entries are
read in all formats, plain and packed with gzip.

graphein needs an environment of its own; with `--graphein` its interpreter is asked in turn with
ours for graphs of a few of the same files (24 nearest residues, residue types, no edge attributes).
Last, whole files to graphs by 1 and by 2 processes, after they have started.

All files are warm: the disk is not measured. Times are processor time, which other work on the
machine disturbs less, but for several processes, whose rates are by the clock.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import torch

# What the benchmarks share lies in this checkout; the package is the one that is installed.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from benchmarks.common import Run, print_table
from benchmarks.speed.alternate import Timing, alternate
from benchmarks.speed.readers import READERS, file_format
from benchmarks.speed.store import suits
from proteingraph.datasets import ChainPack, load_cath_scop_mini
from proteingraph.datasets.store import export_entries
from proteingraph.parallel import map_in_processes

ROOT = Path(__file__).resolve().parents[2]
LENGTH, FILES, ENTRIES, FOR_GRAPHEIN, REPEATS = 250, 12, 4, 3, 3
FORMATS = ("pdb", "cif", "bcif")
CHUNK = 25  # files that a process is handed at a time
OURS = next(iter(READERS))

Figures = dict[str, Any]


def backbones(folder: Path, corpus: ChainPack, number: int) -> list[Path]:
    """Write PDB files of the chains whose length is nearest to that asked for."""
    near = np.argsort(np.abs(corpus.lengths - LENGTH), kind="stable")[:number]
    failures = [failure for failure in export_entries(corpus, near, folder) if failure]
    if failures:
        raise SystemExit(failures[0].reason)
    return sorted(folder.iterdir())


def entries(source: Path, folder: Path, number: int) -> dict[str, list[Path]]:
    """Write entries that a folder has in all formats, plain and packed, by ending."""
    names = {path.name.partition(".")[0] for path in source.iterdir()}
    found: dict[str, list[Path]] = {}
    folder.mkdir()
    whole = (name for name in sorted(names) if all(_held(source, name, f) for f in FORMATS))
    for name in list(whole)[:number]:
        for kind in FORMATS:
            data = _held(source, name, kind)
            for ending, content in ((kind, data), (f"{kind}.gz", gzip.compress(data, 6))):
                path = folder / f"{name}.{ending}"
                path.write_bytes(content)
                found.setdefault(ending, []).append(path)
    return found


def _held(source: Path, name: str, kind: str) -> bytes:
    """Content of an entry's file of one kind, packed or not; empty if there is none."""
    plain, packed = source / f"{name}.{kind}", source / f"{name}.{kind}.gz"
    if plain.is_file():
        return plain.read_bytes()
    return gzip.decompress(packed.read_bytes()) if packed.is_file() else b""


def compare(paths: Sequence[Path], graphs: bool) -> dict[str, Figures]:
    """Time all readers on the same files, reading and (if asked) making graphs apart."""
    kind = file_format(paths[0])
    fit = {name: r for name, r in READERS.items() if r.installed and kind in r.formats}
    parse = {name: partial(each, reader.parse, paths) for name, reader in fit.items()}
    parts = {"parse": alternate(parse, REPEATS)}
    if graphs:
        parsed = {name: run() for name, run in parse.items()}
        make = {name: partial(each, fit[name].graph, parsed[name]) for name in fit}
        parts["graph"] = alternate(make, REPEATS)
    return {name: summary(name, parts, len(paths)) for name in fit}


def each(work: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    """Apply a function to every item."""
    return [work(item) for item in items]


def summary(name: str, parts: dict[str, dict[str, Timing]], files: int) -> Figures:
    """Seconds a file of each part, files a second, and how many times as long as ours it takes."""
    own = {part: timings[name] for part, timings in parts.items()}
    total = sum(timing.processor for timing in own.values())
    ours = sum(parts[part][OURS].processor for part in own)
    return {
        **{f"{part}_seconds_a_file": timing.processor / files for part, timing in own.items()},
        "files_per_second_parsed": files / own["parse"].processor,
        "files_per_second": files / total,
        "times_ours": total / ours,
        "times_ours_parsed": own["parse"].times(parts["parse"][OURS]),
    }


def file_to_graph(name: str, path: Path) -> None:
    """Make a graph of a file and drop it: what is handed from process to process is not timed."""
    reader = READERS[name]
    reader.graph(reader.parse(path))


def compare_graphein(python: Path, paths: Sequence[Path]) -> Figures:
    """Ask graphein's interpreter and our reader in turn."""
    command = [python, Path(__file__).with_name("graphein_worker.py")]
    request = json.dumps([str(path) for path in paths]) + "\n"
    ours, parse, theirs = [], [], []
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdin is not None and worker.stdout is not None
        for _ in range(REPEATS + 1):
            work = {OURS: lambda: [file_to_graph(OURS, path) for path in paths]}
            mine = alternate(work, 1)[OURS]
            worker.stdin.write(request)
            worker.stdin.flush()
            answer = json.loads(worker.stdout.readline())
            ours.append((mine.median, mine.processor))
            parse.append(answer["parse"])
            theirs.append(answer["file_to_graph"])
        worker.stdin.close()
    # The first round has the imports.
    timings = [Timing(*zip(*rounds[1:], strict=True)) for rounds in (ours, parse, theirs)]
    own, read, whole = timings
    return {
        "files": len(paths),
        "files_per_second_parsed": len(paths) / read.processor,
        "files_per_second": len(paths) / whole.processor,
        "ours_files_per_second": len(paths) / own.processor,
        "times_ours": whole.times(own),
    }


def measure_processes(name: str, paths: Sequence[Path], jobs: int) -> Figures:
    """Files a second to graphs by several processes, after each has had its first."""
    chunks = [paths[i : i + CHUNK] for i in range(0, len(paths), CHUNK)]
    used = os.times()
    results = map_in_processes(
        partial(file_to_graph, name),
        chunks,
        jobs=jobs,
        lost=lambda path: None,
        start=torch.set_num_threads,
        arguments=(1,),
    )
    moments = [time.perf_counter() for _ in results]
    spent, first = os.times(), CHUNK * jobs
    return {
        "processes": jobs,
        "per_second": (len(moments) - first) / (moments[-1] - moments[first - 1]),
        "processor_seconds_of_processes": spent.children_user - used.children_user,
    }


def measure(folder: Path, run: Run, options: argparse.Namespace) -> Figures:
    """Measure all parts in a scratch folder; few files, if quick."""
    root, number = options.data_root, 2 if options.quick else FILES
    for name, reader in READERS.items():
        if not reader.installed:
            print(f"{name}: left out, for {reader.package} is not installed")
    corpus = (
        load_cath_scop_mini() if root is None else ChainPack.from_chains_npz(root / "chains.npz")
    )
    source = ROOT / "tests" / "data" if root is None else root / "files"
    files = {
        "backbones": backbones(folder / "backbones", corpus, number),
        "all atoms": [path for path in sorted(source.glob("*.pdb")) if suits(path)][:number],
    }
    files = {kind: paths for kind, paths in files.items() if paths}
    out: Figures = {"graphs": {name: reader.tells for name, reader in READERS.items()}}
    with run.timed("pdb"):
        out["pdb"] = {kind: compare(paths, graphs=True) for kind, paths in files.items()}
    out["files"] = {kind: len(paths) for kind, paths in files.items()}
    with run.timed("formats"):
        held = entries(source, folder / "entries", 1 if options.quick else ENTRIES)
        out["formats"] = {ending: compare(paths, graphs=False) for ending, paths in held.items()}
    out["files"]["entries"] = len(held["pdb"])
    if options.graphein is None:
        print("graphein: left out, for no interpreter that has it was named (--graphein)")
    else:
        with run.timed("graphein"):
            paths = files.get("all atoms", files["backbones"])[:FOR_GRAPHEIN]
            out["graphein"] = compare_graphein(options.graphein, paths)
    with run.timed("processes"):
        many = [path for _ in range(options.files // number + 1) for path in files["backbones"]]
        jobs = [1, 2] if options.files else []
        out["processes"] = [measure_processes(OURS, many[: options.files], n) for n in jobs]
    return out


def show(results: Figures) -> None:
    """Print the figures as tables."""
    for kind, readers in results["pdb"].items():
        header = ("reader", "ms to parse", "ms to graph", "parsed/s", "graphs/s", "times ours")
        rows = [
            (
                name,
                f"{its['parse_seconds_a_file'] * 1e3:.2f}",
                f"{its['graph_seconds_a_file'] * 1e3:.2f}",
                f"{its['files_per_second_parsed']:.1f}",
                f"{its['files_per_second']:.1f}",
                f"{its['times_ours']:.1f} ({its['times_ours_parsed']:.1f} parsed)",
            )
            for name, its in readers.items()
        ]
        print_table(f"PDB files, {kind}", header, rows)
    rows = [
        (
            name,
            *(
                f"{readers[name]['files_per_second_parsed']:.1f}" if name in readers else "–"
                for readers in results["formats"].values()
            ),
        )
        for name in READERS
    ]
    print_table("entries parsed a second", ("reader", *results["formats"]), rows)
    for name in ("graphein", "processes"):
        print(f"\n{name}: {json.dumps(results.get(name))}")


def versions() -> dict[str, str]:
    """Versions of the readers."""
    found = {}
    for name in ("gemmi", "ProDy", "biopython", "biotite"):
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def main(argv: list[str] | None = None) -> None:
    """Measure, print the figures and write them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-root", type=Path, help="folder of the full corpus")
    parser.add_argument("--graphein", type=Path, help="interpreter that has graphein")
    parser.add_argument(
        "--files",
        type=int,
        default=1200,
        help="files for processes; 0: none (default: 1200)",
    )
    parser.add_argument("--quick", action="store_true", help="a few files only")
    parser.add_argument("--threads", type=int, default=1, help="threads to compute with")
    parser.add_argument("--json", type=Path, help="file to write (default: in results/)")
    arguments = parser.parse_args(argv)
    run = Run(__file__, arguments, argv)
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as scratch:
        results = measure(Path(scratch), run, arguments)
    show(results)
    run.write(load_average=load, versions_of_others=versions(), **results)


if __name__ == "__main__":
    main()
