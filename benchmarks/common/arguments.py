"""Options that the benchmarks on CATH and SCOPe have in common."""

from __future__ import annotations

import argparse
from pathlib import Path

from proteingraph.zoo import resolve_name
from proteingraph.zoo.registry import SHIPPED

__all__ = ["make_parser", "weights_folder"]


def weights_folder(text: str) -> Path:
    """Folder of weights, given that or a name of the zoo."""
    name = None if Path(text).is_dir() else resolve_name(text)
    return Path(text) if name is None else SHIPPED / name


def make_parser(description: str, untrained: int = 0) -> argparse.ArgumentParser:
    """Make a parser of `--weights`, `--untrained`, `--data-root`, `--threads` and `--json`.

    Args:
        description: Docstring of the script; its first line is shown.
        untrained: Number of untrained networks of each shape, unless told otherwise; 0 leaves the
            option out. (default: :obj:`0`)
    """
    parser = argparse.ArgumentParser(description=description.strip().splitlines()[0])
    parser.add_argument(
        "--weights",
        type=weights_folder,
        nargs="+",
        action="extend",
        required=True,
        metavar="WEIGHTS",
        help="names of the zoo, or folders of saved weights",
    )
    parser.add_argument(
        "--data-root",
        type=Path,
        metavar="FOLDER",
        help="folder of the full corpus (default: the domains shipped with the package)",
    )
    if untrained:
        parser.add_argument(
            "--untrained",
            type=int,
            default=untrained,
            metavar="N",
            help=f"untrained networks beside, seeds 0 to N - 1 (default: {untrained})",
        )
    parser.add_argument("--threads", type=int, help="threads to compute with (default: all)")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="file to write (default: in results/)"
    )
    return parser
