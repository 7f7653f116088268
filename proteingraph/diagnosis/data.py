"""Weights and domains that are shipped, and folders that are written to."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from proteingraph.diagnosis.finding import Finding
from proteingraph.errors import WeightsError

__all__ = ["find_data", "find_weights"]


def find_weights() -> Iterator[Finding]:
    """Compare the files of all weights of the zoo with the checksums in their records."""
    from proteingraph.zoo.record import check_files
    from proteingraph.zoo.registry import SHIPPED, list_models

    names = list_models()
    if not names:
        yield Finding("zoo", f"{SHIPPED}: no weights are there: install the package again", False)
    for name in names:
        try:
            record = check_files(SHIPPED / name)
        except WeightsError as error:
            yield Finding(name, str(error), False)
        else:
            size = record.size / 1e6
            yield Finding(name, f"{record.parameters:,} parameters, {size:.2f} MB, intact", True)


def find_data() -> Iterator[Finding]:
    """Read the shipped domains, and tell where data are looked for and kept."""
    import pooch
    from huggingface_hub import constants

    from proteingraph.datasets import load_cath_scop_mini

    shipped = load_cath_scop_mini()
    text = f"{len(shipped):,} domains, {shipped.num_residues:,} residues"
    yield Finding("cath-scop-mini", text, True)
    yield Finding("cache", _folder(Path(pooch.os_cache("proteingraph"))))
    yield Finding("cache of hubs", _folder(Path(constants.HF_HUB_CACHE)))
    yield Finding("temporary", _folder(Path(tempfile.gettempdir())))
    yield Finding("this folder", _folder(Path.cwd()))
    for name in sorted(os.environ):
        if name.startswith("PROTEINGRAPH_"):
            yield Finding(name, os.environ[name])


def _folder(path: Path) -> str:
    """What can be written to a folder, which need not be there yet."""
    there = next(one for one in (path, *path.parents) if os.path.exists(one))
    free = f"{shutil.disk_usage(there).free / 1e9:,.1f} GB free"
    state = "" if there == path else ", not made yet"
    if not os.access(there, os.W_OK | os.X_OK):
        return f"{path}{state}, no permission to write to it"
    return f"{path}{state}, {free}"
