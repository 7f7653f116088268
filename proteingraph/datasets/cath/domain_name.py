"""Names of CATH's domains, such as `1oaiA00`."""

from __future__ import annotations

import re
from os import PathLike

from proteingraph.datasets.lines import wrong_line

__all__ = ["check_name"]

_NAME = re.compile(r"[0-9][0-9a-z]{3}[0-9A-Za-z][0-9]{2}")


def check_name(name: str, path: str | PathLike[str], number: int) -> str:
    """Return the name of a domain, raising DatasetError if it is none.

    Args:
        name: PDB code in lower case, chain, and number of two digits, `00` for a whole chain; a
            chain without a name is `0`.
        path: file it is in.
        number: line it is in.
    """
    if not _NAME.fullmatch(name):
        raise wrong_line(path, number, f"{name!r} is no domain: expected such as '1oaiA00'")
    return name
