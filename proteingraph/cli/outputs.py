"""Files that `proteingraph quality` and `proteingraph sites` read, and what they write of each."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proteingraph.errors import ConfigError, DatasetError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from proteingraph.assess import ResiduePrediction

__all__ = ["output_stems", "structure_files", "write_outputs"]

PDB = (".pdb", ".ent", ".pdb1")
"""Endings of files of which the copies are PDB files too; the others are mmCIF."""


def structure_files(sources: Sequence[str], output: Path | None) -> list[Path]:
    """Find structure files.

    Args:
        sources: Files, which need not be there, folders or patterns.
        output: Folder that is written to, if any: what an earlier run left in it, below a folder
            that is read, is passed over.

    Returns:
        Files in the order given, each once.

    Raises:
        DatasetError: If a folder or pattern holds none.
    """
    from proteingraph.datasets.folder import find_structure_files

    written = None if output is None else _absolute(output)
    files: dict[Path, Path] = {}
    for source in sources:
        found = [Path(source)]
        if found[0].is_dir() or (not found[0].exists() and any(sign in source for sign in "*?[")):
            base, found = find_structure_files(source)
            if written is not None and _absolute(base) in written.parents:
                found = [path for path in found if written not in _absolute(path).parents]
            if not found:
                raise DatasetError(f"{source}: no structure files but those in {output}")
        files |= {_absolute(path): path for path in found if _absolute(path) not in files}
    return list(files.values())


def output_stems(files: Sequence[Path], folder: Path, mark: str) -> list[Path]:
    """Tell where outputs go, as the files lie below the folder that they have in common.

    Args:
        files: Structure files.
        folder: Where to write.
        mark: What goes into the names, as in ``model_1.lddt.pdb``.

    Returns:
        Of each file, without an ending.

    Raises:
        ConfigError: If one of the files would be replaced.
    """
    places = [_absolute(file) for file in files]
    common = os.path.commonpath([place.parent for place in places])
    bare = [place.with_name(_without_ending(place.name)) for place in places]
    alike = Counter(bare)
    stems = []
    for place, stem in zip(places, bare, strict=True):
        # Of an entry in two formats, the whole names.
        named = stem if alike[stem] == 1 else place
        below = folder / named.relative_to(common)
        stems.append(below.with_name(f"{below.name}.{mark}"))
    inputs = set(places)
    for stem in stems:
        for ending in (".pdb", ".cif"):
            written = _absolute(f"{stem}{ending}")
            if written in inputs:
                raise ConfigError(
                    f"{written}: is one of the structures to be read, and would be replaced: name "
                    "another output folder"
                )
    return stems


def write_outputs(
    stem: Path,
    file: Path,
    prediction: ResiduePrediction,
    record: dict[str, Any],
    draw: Callable[[], Axes] | None,
) -> None:
    """Write copy, JSON and plot, each whole or not at all.

    Args:
        stem: Where, without an ending.
        file: Where the structure is from.
        prediction: What goes into the B-factor column of the copy.
        record: What goes into the JSON.
        draw: Draws the plot; None for none.

    Raises:
        ConfigError: If they cannot be written.
        StructureError: If the copy cannot be written.
    """
    from proteingraph.files import replacing
    from proteingraph.io import write_structure

    pdb = file.name.lower().removesuffix(".gz").endswith(PDB)
    try:
        stem.parent.mkdir(parents=True, exist_ok=True)
        copy = f"{stem}{'.pdb' if pdb else '.cif'}"
        write_structure(prediction.structure, copy, values=prediction.b_factors())
        with replacing(f"{stem}.json") as partial:
            partial.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        if draw is not None:
            from matplotlib.figure import Figure

            figure = draw().figure
            assert isinstance(figure, Figure)
            with replacing(f"{stem}.png") as partial:
                figure.savefig(partial, format="png", dpi=150)
    except OSError as error:
        raise ConfigError(f"{stem}: cannot be written: {error.strerror or error}") from error


def _absolute(path: str | Path) -> Path:
    """Absolute path; links are left as they are named."""
    return Path(os.path.abspath(path))


def _without_ending(name: str) -> str:
    from proteingraph.datasets.folder import is_structure_name

    bare = name[:-3] if name.lower().endswith(".gz") else name
    return os.path.splitext(bare)[0] if is_structure_name(bare) else bare
