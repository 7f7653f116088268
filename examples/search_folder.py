"""Search a folder of structures for those that are like one of yours.

    python examples/search_folder.py index --folder tests/data --query tests/data/1aki.cif

embeds the folder into an index, once, and prints the nearest chains; what could not be read is
listed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from proteingraph.search import Index

DATA = Path(__file__).parent.parent / "tests" / "data"


def main() -> None:
    """Build the index unless it is there, search in it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("index", type=Path, help="folder of the index; made if need be")
    parser.add_argument("--folder", type=Path, default=DATA, help="structures to search in")
    parser.add_argument("--query", type=Path, default=DATA / "1aki.cif", help="structure file")
    parser.add_argument("--model", default="dsm_small", help="name or folder of weights")
    parser.add_argument("--hits", type=int, default=5, help="most hits of a chain")
    arguments = parser.parse_args()

    if arguments.index.exists():
        index = Index.open(arguments.index)
    else:
        index = Index.build([arguments.folder], arguments.index, arguments.model)
    print(index)
    for failure in index.failures.itertuples():
        print(f"left out: {failure.file} {failure.chain}: {failure.reason}")
    for result in index.search([arguments.query], arguments.hits):
        print(f"{result.name}:")
        for hit in result.hits:
            print(f"  {hit.similarity:6.3f}  {hit.name}")


if __name__ == "__main__":
    main()
