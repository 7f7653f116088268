"""Run all benchmarks of speed, and write one table and one chart of what they found.

    python -m benchmarks.speed [--data-root FOLDER] [--parts NAME ...] [--threads 2]
    python -m benchmarks.speed --table

Parts are run one after the other, each as a process of its own that writes its record; one that
fails is told, and the others are run all the same. Then table and chart are made of the records at
hand, whenever they were written, and the table is put between the markers of the read-me; `--table`
does that alone. With `--quick` all is so little that figures mean nothing: records go to a
temporary folder, the table is printed, and the read-me is left alone.

Encoder, precisions and pre-training use `--threads`, embedding as many processes; what is measured
a core has one thread. Figures on a GPU are `encoder.py --device cuda --json
results/encoder_gpu.json`. Search by vectors (`index.py`) takes an hour and is run alone.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks.speed.aims import rows
from benchmarks.speed.summary import CHART, draw, insert, read_records, tell

HERE = Path(__file__).resolve().parent
README = HERE.parent / "README.md"

PARTS = ("graph", "file_to_graph", "encoder", "modes", "pretrain", "embed", "store")
WITH_CORPUS = {"graph", "file_to_graph", "pretrain", "embed", "store"}
THREADED = {"encoder", "modes", "pretrain"}  # the others have one thread
QUICK = {
    "encoder": "--sizes 32 --long --dense 32 --dense-forward --repeats 1 --limit-size 32",
    "modes": "--sizes 32 --modes float32 bf16 --repeats 1",
    "file_to_graph": "--quick --files 0",
}
"""Arguments with which a part does little; `--quick` alone for those not named."""


def arguments_of(part: str, options: argparse.Namespace, results: Path | None) -> list[str]:
    """What a part is called with; without a folder of results it writes to its own."""
    out = ["--threads", str(options.threads if part in THREADED else 1)]
    if options.data_root is not None and part in WITH_CORPUS:
        out += ["--data-root", str(options.data_root)]
    if part == "embed":
        out += ["--jobs", str(options.threads)]
    if part == "file_to_graph" and options.graphein is not None:
        out += ["--graphein", str(options.graphein)]
    if options.quick:
        out += QUICK.get(part, "--quick").split()
    return out if results is None else [*out, "--json", str(results / f"{part}.json")]


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.speed", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="default: all")
    parser.add_argument("--data-root", type=Path, help="folder of the full corpus")
    parser.add_argument("--graphein", type=Path, help="interpreter that has graphein")
    parser.add_argument("--threads", type=int, default=2, help="threads, processes (default: 2)")
    parser.add_argument("--quick", action="store_true", help="little of all, as a test")
    parser.add_argument("--table", action="store_true", help="run nothing: table and chart alone")
    parser.add_argument(
        "--results", type=Path, help="folder of records and chart (default: results/)"
    )
    parser.add_argument(
        "--readme",
        type=Path,
        default=README,
        help="read-me with the markers (default: %(default)s)",
    )
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run the parts, and write table and chart."""
    options = parse(argv)
    failed = []
    with ExitStack() as stack:
        folder: Path | None = options.results
        if folder is None and options.quick:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for part in () if options.table else options.parts:
            command = [str(HERE / f"{part}.py"), *arguments_of(part, options, folder)]
            print(f"\n== {part}", flush=True)
            if subprocess.run([sys.executable, *command]).returncode:
                failed.append(part)
        results = folder or HERE / "results"
        records = read_records(results)
        chart = (results / CHART).resolve()
        draw(rows(records), chart)
        parent = options.readme.resolve().parent
        address = chart.relative_to(parent) if chart.is_relative_to(parent) else chart
        section = tell(records, address.as_posix())
        if options.quick:
            print(f"\n{section}")
        else:
            insert(options.readme, section)
            print(f"\n{options.readme} and {chart} written")
    for part in failed:
        print(f"{part}: failed, see above")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
