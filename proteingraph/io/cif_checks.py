"""Opening an mmCIF file and checking its table of atoms, for whichever reader takes it."""

from __future__ import annotations

import re

import gemmi

from proteingraph.errors import StructureError

__all__ = ["REQUIRED", "check_atom_sites", "read_document"]

REQUIRED = ("Cartn_x", "Cartn_y", "Cartn_z")
_EITHER = (
    ("label_atom_id", "auth_atom_id"),
    ("label_comp_id", "auth_comp_id"),
    ("label_asym_id", "auth_asym_id"),
    ("label_seq_id", "auth_seq_id"),
)
# Columns of numbers, with what stands for an absent value (None: it must be there).
_NUMBERS = (
    ("Cartn_x", None),
    ("Cartn_y", None),
    ("Cartn_z", None),
    ("auth_seq_id", None),
    ("occupancy", "1.0"),
    ("B_iso_or_equiv", "0.0"),
)
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?(\(\d+\))?")
_INTEGER = re.compile(r"[-+]?\d{1,9}")
_DIGITS = frozenset("0123456789.-")
# Columns that one reader or the other insists on: what to copy, or to put where there is none.
_COPIED = {"label_asym_id": "auth_asym_id", "auth_seq_id": "label_seq_id"}
_FILLED = {
    "id": "0",
    "type_symbol": "?",
    "label_alt_id": ".",
    "label_asym_id": ".",
    "auth_seq_id": "0",
    "B_iso_or_equiv": "0.0",
}
_LINE = re.compile(r"^[^:\n]*:(\d+):\d+(?:\(\d+\))?: *(.*)", re.DOTALL)


def read_document(data: bytes, source: str) -> tuple[gemmi.cif.Document, gemmi.cif.Block]:
    """Parse the syntax of an mmCIF file.

    Args:
        data: The file's content.
        source: Its name for error messages.

    Returns:
        The document, which must be kept while the block is used, and the first block of it that
        has atoms.

    Raises:
        StructureError: If the syntax is broken or no block has atoms; names the line.
    """
    try:
        document = gemmi.cif.read_string(data)
    except Exception as error:
        found = _LINE.match(str(error))
        cause = f"line {found[1]}: {found[2]}" if found else str(error)
        raise StructureError(
            f"{source}: {cause.strip()}; not well-formed mmCIF, or cut short"
        ) from error
    for block in document:
        if block.find_loop("_atom_site.Cartn_x") or block.find_pair("_atom_site.Cartn_x"):
            return document, block
    raise StructureError(f"{source}: no _atom_site.Cartn_x in any data block; is this mmCIF?")


def check_atom_sites(block: gemmi.cif.Block, data: bytes, source: str) -> None:
    """Check a block's table of atoms, and fill in absent occupancies (1), B-factors (0), columns.

    A file cut between two rows is well-formed. Programs that follow the archive's layout put a
    ``#`` after each category, so a file that does so and ends without one is cut short.

    Args:
        block: The block; changed where values are absent.
        data: Content of the whole file.
        source: Its name for error messages.

    Raises:
        StructureError: If columns are missing, a value is no number, or the file is cut short.
    """
    try:
        table = block.find_mmcif_category("_atom_site.")
    except Exception as error:
        raise StructureError(f"{source}: malformed table of atoms: {error}") from error
    tags = {str(tag).split(".", 1)[1] for tag in table.tags}
    if not len(table):
        raise StructureError(f"{source}: no atoms, _atom_site has no rows")
    missing = [name for name in REQUIRED if name not in tags]
    missing += [f"{a} or {b}" for a, b in _EITHER if not {a, b} & tags]
    if missing:
        raise StructureError(f"{source}: _atom_site has no {', '.join(missing)}")
    for name in sorted({*_FILLED, *dict(_NUMBERS), *sum(_EITHER, ())} - tags):
        if block.find_values(f"_atom_site.{name}"):
            raise StructureError(
                f"{source}: _atom_site.{name} stands apart from the coordinates; all columns of "
                "_atom_site must be in one loop"
            )
    _fill_columns(block, tags)
    for name, default in _NUMBERS:
        if name in tags:
            _check_numbers(block.find_values(f"_atom_site.{name}"), name, default, source)
    tail = data[-4096:].rstrip()
    last = tail[tail.rfind(b"\n") + 1 :]
    if last.startswith(b"#"):
        return
    laid_out = b"_audit_conform.dict_" in data and data.count(b"\n#", 0, 1 << 16) >= 3
    if laid_out:
        raise StructureError(
            f"{source}: the file ends within a category, without its closing '#'; "
            "it is cut short, fetch it again"
        )


def _fill_columns(block: gemmi.cif.Block, tags: set[str]) -> None:
    """Add the columns that the readers insist on and residues can be told without."""
    for name, value in _FILLED.items():
        if name in tags:
            continue
        tag = f"_atom_site.{name}"
        column = block.find_values(f"_atom_site.{_COPIED.get(name, name)}")
        values = [str(text) if text not in (".", "?") else value for text in column]
        found = block.find_loop("_atom_site.Cartn_x")
        if not found:
            block.set_pair(tag, values[0] if values else value)
            continue
        found.get_loop().add_columns([tag], value)
        added = block.find_values(tag)
        for row, text in enumerate(values):
            added[row] = text


def _check_numbers(column: gemmi.cif.Column, name: str, default: str | None, source: str) -> None:
    """Raise unless all values are numbers; the readers would put a default or nothing."""
    values = list(column)
    pattern = _INTEGER if name == "auth_seq_id" else _NUMBER
    # The characters of the whole column at once tell the usual case quickly.
    characters = set("".join(values))
    if pattern is _INTEGER:
        usual = characters.issubset(_DIGITS - {"."}) and max(map(len, values)) < 10
    else:
        usual = characters.issubset(_DIGITS) and "." not in values
    if usual and "-" not in values and min(map(len, values)) > 0:
        return
    for row, value in enumerate(values):
        if value in ("?", ".") and default is not None:
            column[row] = default
        elif not pattern.fullmatch(value):
            raise StructureError(
                f"{source}: row {row + 1} of _atom_site: {name} is {value!r}, not a number; "
                "mend or remove the row"
            )
