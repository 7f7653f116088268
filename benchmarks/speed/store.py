"""How quickly stores are built, opened and read.

    python benchmarks/speed/store.py [--data-root FOLDER]

Measured are, in one run: PDB files of about 250 residues stored a second, parsing included, by one
process and, after they have started (each imports PyTorch), by several; entries read at random a
second, as graphs and as bare arrays; how long a store of 1,000,000 entries takes to open, and how
much memory; and crops a second out of loaders with worker processes, with the memory that a worker
has for itself.

The files are of two kinds: backbones written from the corpus (4 atoms a residue), and all-atom
files, those of `FOLDER/files` or without it those of the tests, over and over. All files are warm:
the disk is not measured. Rates of one process are given by processor time too, which other work on
the machine disturbs less.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import numpy as np
from torch.utils.data import DataLoader
from torch_geometric.data import Batch

# What the benchmarks share lies in this checkout; the package is the one that is installed.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from benchmarks.common import Run, print_table
from proteingraph.datasets import ChainPack, load_cath_scop_mini
from proteingraph.datasets.store import ChainStore, StoreWriter, build_store, export_entries
from proteingraph.errors import StructureError
from proteingraph.io import read_structure
from proteingraph.pretrain.batches import CropDataset

ROOT = Path(__file__).resolve().parents[2]
LENGTH, FILES, REPEATS = 250, 600, 5
DRAWS, CROPS = 40_000, 20_000

OPENING = """
import json, sys, time
import numpy as np
from proteingraph.datasets.store import ChainStore

def memory():
    with open("/proc/self/status") as file:
        lines = dict(line.split(":", 1) for line in file)
    return {name: int(lines[name].split()[0]) / 1024 for name in ("RssAnon", "RssFile")}

before, start = memory(), time.perf_counter()
store = ChainStore(sys.argv[1])
opened, after = time.perf_counter() - start, memory()
store[len(store) // 2]
first = time.perf_counter() - start
draws = np.random.default_rng(0).integers(0, len(store), int(sys.argv[2])).tolist()
start, used = time.perf_counter(), time.process_time()
for number in draws:
    store[number]
seconds, used, read = time.perf_counter() - start, time.process_time() - used, memory()
print(json.dumps({
    "entries": len(store),
    "residues": store.num_residues,
    "seconds_to_open": opened,
    "seconds_to_first_entry": first,
    "mib_to_open": after["RssAnon"] - before["RssAnon"],
    "mib_mapped_to_open": after["RssFile"] - before["RssFile"],
    "entries_per_second": len(draws) / seconds,
    "entries_per_processor_second": len(draws) / used,
    "mib_after_reading": read["RssAnon"] - before["RssAnon"],
}))
"""

Figures = dict[str, Any]


def write_files(
    folder: Path, corpus: ChainPack, data_root: Path | None, count: int
) -> dict[str, Path]:
    """Write PDB files of single chains, of backbones and of all atoms."""
    near = np.argsort(np.abs(corpus.lengths - LENGTH), kind="stable")[:count]
    backbones, whole = folder / "backbones", folder / "all atoms"
    failures = [failure for failure in export_entries(corpus, near, backbones) if failure]
    if failures:
        raise SystemExit(failures[0].reason)
    whole.mkdir()
    source = ROOT / "tests" / "data" if data_root is None else data_root / "files"
    files = [path for path in sorted(source.glob("*.pdb")) if suits(path)]
    for number in range(count):
        path = files[number % len(files)]
        shutil.copy(path, whole / f"{path.stem}_{number // len(files)}.pdb")
    return {"backbones": backbones, "all atoms": whole}


def suits(path: Path) -> bool:
    """Whether a file has one chain of about the length asked for."""
    try:
        structure = read_structure(path)
    except StructureError:
        return False
    return len(structure.chain_ids) == 1 and 0.5 * LENGTH <= len(structure) <= 1.4 * LENGTH


def rates(number: int, work: Callable[[], object]) -> dict[str, float]:
    """Things done a second, by the clock and by the time of this process alone."""
    start, used = time.perf_counter(), time.process_time()
    work()
    seconds, used = time.perf_counter() - start, time.process_time() - used
    return {"per_second": number / seconds, "per_processor_second": number / used}


def measure_build(files: Path, target: Path, jobs: int) -> Figures:
    """Build stores of a folder of files, by one process and by several, and only parse them."""
    paths = sorted(files.iterdir())
    build_store([files], target / "warm")
    one = rates(len(paths), lambda: build_store([files], target / "one"))
    several = measure_processes([files] * REPEATS, target / "several", jobs)
    store = ChainStore(target / "one")
    return {
        "files": len(paths),
        "mean_residues": store.num_residues / len(store),
        "failures": len(store.failures),
        "one_process": one,
        "several_processes": several,
        "parsing_alone": rates(len(paths), lambda: [read_structure(path) for path in paths]),
    }


def measure_processes(sources: list[Path], target: Path, jobs: int) -> Figures:
    """Build a store by several processes: how long until the first file is in it, and the rate."""
    moments: list[float] = []
    start, used = time.perf_counter(), time.process_time()
    children = os.times().children_user + os.times().children_system
    build_store(sources, target, jobs=jobs, report=lambda *_: moments.append(time.perf_counter()))
    seconds = time.perf_counter() - start
    return {
        "processes": jobs,
        "files": len(moments),
        "seconds_to_start": moments[0] - start,
        "per_second": (len(moments) - 1) / (moments[-1] - moments[0]),
        "per_second_with_start": len(moments) / seconds,
        "processor_seconds_of_builder": time.process_time() - used,
        "processor_seconds_of_processes": (
            os.times().children_user + os.times().children_system - children
        ),
    }


def measure_access(store: ChainStore, pack: ChainPack, count: int) -> Figures:
    """Entries read at random a second, from disk and from memory."""
    draws = np.random.default_rng(0).integers(0, len(store), count).tolist()
    out: Figures = {"mean_residues": float(pack.lengths.mean())}
    for name, get in (
        ("store_graphs", store.__getitem__),
        ("store_arrays", store.arrays),
        ("pack_graphs", pack.__getitem__),
    ):
        for number in draws[:2000]:
            get(number)
        out[name] = rates(len(draws), lambda get=get: [get(number) and None for number in draws])
    return out


def measure_opening(folder: Path, entries: int) -> Figures:
    """Tile a store of short domains, and open it in a process of its own."""
    shipped = load_cath_scop_mini()
    short = shipped.subset(np.argsort(shipped.lengths, kind="stable")[:500])
    with StoreWriter(folder) as writer:
        while len(writer) < entries:
            writer.append(short.subset(np.arange(min(len(short), entries - len(writer)))))
    command = [sys.executable, "-c", OPENING, str(folder), str(DRAWS)]
    told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)
    return dict(json.loads(told.stdout))


def private_memory(process: int) -> float:
    """Memory in MiB that a process shares with no other."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="utf-8").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


def measure_loader(store: ChainStore, workers: int, crops: int) -> dict[str, float]:
    """Crops of 128 residues a second out of a loader in batches of 16, from the second batch on."""
    draws = np.random.default_rng(1).integers(0, len(store), crops).tolist()
    loader: DataLoader[Any] = DataLoader(
        CropDataset(store, 128),
        batch_sampler=[[(row, row) for row in draws[i : i + 16]] for i in range(0, crops, 16)],
        collate_fn=Batch.from_data_list,
        num_workers=workers,
    )
    batches = iter(loader)
    next(batches)
    start, private = time.perf_counter(), [0.0]
    for number, _ in enumerate(batches, start=2):
        if number == len(loader) // 2:
            private += [private_memory(child.pid or 0) for child in active_children()]
    seconds = time.perf_counter() - start
    return {"crops_per_second": (crops - 16) / seconds, "private_mib_of_a_worker": max(private)}


def measure(folder: Path, run: Run, options: argparse.Namespace) -> Figures:
    """Measure all parts in a scratch folder."""
    root: Path | None = options.data_root
    corpus = (
        load_cath_scop_mini() if root is None else ChainPack.from_chains_npz(root / "chains.npz")
    )
    with run.timed("build"):
        files = write_files(folder, corpus, root, 4 if options.quick else FILES)
        build = {
            kind: measure_build(path, folder / f"built of {kind}", options.jobs)
            for kind, path in files.items()
        }
    with StoreWriter(folder / "corpus") as writer:
        writer.append(corpus)
    store = ChainStore(folder / "corpus")
    with run.timed("access"):
        access = measure_access(store, corpus, 400 if options.quick else DRAWS)
    with run.timed("loader"):
        crops = 160 if options.quick else CROPS
        loader = {str(workers): measure_loader(store, workers, crops) for workers in (0, 1, 2)}
    with run.timed("opening"):
        opening = measure_opening(folder / "many", options.entries)
    return {"build": build, "access": access, "loader": loader, "opening": opening}


def show(results: Figures) -> None:
    """Print a table of each part."""
    rows = []
    for kind, figures in results["build"].items():
        one, alone = figures["one_process"], figures["parsing_alone"]
        several = figures["several_processes"]
        numbers = (*one.values(), several["per_second"], *alone.values())
        cells = [f"{n:.0f}" for n in numbers]
        cells.insert(3, f"{several['seconds_to_start']:.1f}")
        rows.append((kind, f"{figures['mean_residues']:.0f}", *cells))
    jobs = results["build"]["backbones"]["several_processes"]["processes"]
    header = ("files", "residues", "one process", "by CPU time")
    header += (f"{jobs} processes", "after (s)")
    print_table("PDB files a second", (*header, "parsing alone", "by CPU time"), rows)
    access = {name: value for name, value in results["access"].items() if isinstance(value, dict)}
    print_table(
        f"entries a second at random, {results['access']['mean_residues']:.0f} residues on average",
        ("entries", "by the clock", "by CPU time"),
        [
            (name.replace("_", ", "), *(f"{number:,.0f}" for number in figures.values()))
            for name, figures in access.items()
        ],
    )
    print_table(
        "crops a second out of a loader",
        ("workers", "crops", "memory of a worker's own (MiB)"),
        [
            (workers, *(f"{number:,.0f}" for number in figures.values()))
            for workers, figures in results["loader"].items()
        ],
    )
    print_table(
        "a large store",
        ("", "measured"),
        [
            (name.replace("_", " "), f"{value:,}" if isinstance(value, int) else f"{value:,.4g}")
            for name, value in results["opening"].items()
        ],
    )


def main(argv: list[str] | None = None) -> None:
    """Measure, print the figures and write them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-root", type=Path, help="folder of the full corpus")
    parser.add_argument("--scratch", type=Path, help="folder for 4 GB of temporary files")
    parser.add_argument(
        "--entries", type=int, default=1_000_000, help="entries of the large store (default: 1e6)"
    )
    parser.add_argument("--jobs", type=int, default=2, help="processes of a build (default: 2)")
    parser.add_argument("--quick", action="store_true", help="little of all, and one process")
    parser.add_argument("--threads", type=int, default=1, help="threads to compute with")
    parser.add_argument("--json", type=Path, help="file to write (default: in results/)")
    arguments = parser.parse_args(argv)
    if arguments.quick:
        arguments.entries, arguments.jobs = 1000, 1
    run = Run(__file__, arguments, argv)
    load = os.getloadavg()[0]  # above the number of cores, rates by the clock are too low
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as scratch:
        results = measure(Path(scratch), run, arguments)
    show(results)
    print(f"processes at work when this began: {load:.1f}")
    run.write(load_average=load, **results)


if __name__ == "__main__":
    main()
