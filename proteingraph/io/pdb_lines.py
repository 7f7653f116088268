"""The fixed columns of a PDB file: finding, checking and cutting out its atom records."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from proteingraph.errors import StructureError

__all__ = ["PdbAtoms", "cut_atoms"]

Array = npt.NDArray[Any]

_NUMBER = re.compile(rb" *[-+]?(\d+\.?\d*|\.\d+) *")
_RESIDUE_NUMBER = re.compile(rb" *-?\d+ *|[A-Za-z][0-9A-Za-z]{3}")  # the latter hybrid-36

# Classes of bytes: a number is blanks, then at most one sign, then digits.
_BLANK, _SIGN, _DIGIT, _OTHER = 0, 1, 2, 3


def _tag(text: str) -> int:
    return int(np.array([text.encode()], dtype="S4").view(np.uint32)[0])


_ATOM, _HETATM, _TER, _MODEL, _ENDMDL = map(_tag, ("ATOM", "HETA", "TER ", "MODE", "ENDM"))
_HEADER, _SEQRES, _ANISOU, _SIGATM, _SIGUIJ = map(_tag, ("HEAD", "SEQR", "ANIS", "SIGA", "SIGU"))


@dataclass
class PdbAtoms:
    """The atom and TER records of one model.

    Attributes:
        data: The records alone, whole lines, with occupancy and B-factor filled in.
        has_ter: Whether there is a TER among them.
    """

    data: bytes
    has_ter: bool


def cut_atoms(data: bytes, source: str, model: int) -> PdbAtoms:
    """Cut one model's atom records out of a PDB file, and check their columns.

    The readers are lenient (a mistyped coordinate becomes 0 in one, a residue number is guessed
    in the other), so all that must be a number is checked here, for all records at once.

    Args:
        data: The file's content.
        source: Its name for error messages.
        model: Number of the model, as in its MODEL record; 1 for a file without them.

    Returns:
        The records from the first atom to END.

    Raises:
        StructureError: If there are no atoms, the model is missing, a record is malformed or the
            file ends too early; names the line.
    """
    buffer = np.frombuffer(data + b"\n" + b" " * 80, dtype=np.uint8)
    ends = np.flatnonzero(buffer == ord("\n"))
    starts = np.concatenate([[0], ends[:-1] + 1])
    if data.endswith(b"\n"):
        starts, ends = starts[:-1], ends[:-1]
    tags = _tags(buffer, starts)
    stop = _end(buffer, starts, tags)
    is_atom = (tags == _ATOM) | (tags == _HETATM)
    is_atom[stop:] = False
    if not is_atom.any():
        raise StructureError(
            f"{source}: no ATOM or HETATM record in {len(starts)} lines; is this a PDB file?"
        )
    is_atom &= _model(buffer, starts, ends, tags[:stop], is_atom, source, model)
    _check_end(tags, data, starts, ends, is_atom, source)
    lines = np.flatnonzero(is_atom)
    _check_columns(buffer, starts[lines], ends[lines], lines + 1, source)
    is_ter = _is_ter(buffer, starts, tags)
    kept = is_atom.copy()
    kept[lines[0] : lines[-1] + 1] |= is_ter[lines[0] : lines[-1] + 1]
    # A TER after the last atom of the model ends its chain too.
    after = lines[-1] + 1
    if after < len(is_ter) and is_ter[after]:
        kept[after] = True
    content = _cut(data, starts, kept)
    if _blank_columns(buffer, starts[lines], ends[lines]):
        content = _fill_blanks(content)
    return PdbAtoms(content, bool((is_ter & kept).any()))


def _cut(data: bytes, starts: Array, kept: Array) -> bytes:
    """Return the lines that are kept."""
    edges = np.append(starts, len(data))
    lines = np.flatnonzero(kept)
    if lines[-1] - lines[0] + 1 == len(lines):
        return data[edges[lines[0]] : edges[lines[-1] + 1]]
    chosen = np.repeat(kept, np.diff(edges))
    return bytes(np.frombuffer(data, dtype=np.uint8)[chosen].tobytes())


def _tags(buffer: Array, starts: Array) -> Array:
    """Return the first four bytes of each line as integers [lines]."""
    tags = buffer[starts].astype(np.uint32)
    for place in (1, 2, 3):
        tags |= buffer[starts + place].astype(np.uint32) << np.uint32(8 * place)
    return tags


def _starts_with(buffer: Array, starts: Array, tags: Array, word: bytes) -> Array:
    """Tell which lines hold the three-letter record ``word``, whatever ends it."""
    prefix = int.from_bytes(word, "little")
    fourth = buffer[starts + 3]
    ends_word = (fourth == ord(" ")) | (fourth == ord("\n"))
    return np.asarray(((tags & np.uint32(0xFFFFFF)) == prefix) & ends_word)


def _is_ter(buffer: Array, starts: Array, tags: Array) -> Array:
    return _starts_with(buffer, starts, tags, b"TER")


def _end(buffer: Array, starts: Array, tags: Array) -> int:
    """Return the number of lines before END."""
    found = np.flatnonzero(_starts_with(buffer, starts, tags, b"END"))
    return int(found[0]) if len(found) else len(starts)


def _model(
    buffer: Array, starts: Array, ends: Array, tags: Array, is_atom: Array, source: str, model: int
) -> Array:
    """Tell which lines belong to the model asked for; the file may have no MODEL records."""
    inside = np.zeros(len(starts), dtype=bool)
    opening = np.flatnonzero(tags == _MODEL)
    closing = np.flatnonzero(tags == _ENDMDL)
    if len(opening) == 0:
        if model != 1:
            raise StructureError(f"{source}: no model {model}; there is only model 1")
        # Some programs write ENDMDL without MODEL.
        closing = closing[closing > is_atom.argmax()]
        inside[: closing[0] if len(closing) else len(tags)] = True
        return inside
    numbers = []
    for line in opening:
        text = buffer[starts[line] + 5 : ends[line]].tobytes().split()
        if not text or not text[0].isdigit():
            raise StructureError(f"{source}: line {line + 1}: MODEL without a number")
        numbers.append(int(text[0]))
    if model not in numbers:
        raise StructureError(
            f"{source}: no model {model}; there are {', '.join(map(str, numbers))}"
        )
    first = int(opening[numbers.index(model)])
    after = closing[closing > first]
    following = opening[opening > first]
    last = int(after[0]) if len(after) else len(tags)
    if len(after) == 0 or (len(following) and following[0] < last):
        raise StructureError(
            f"{source}: line {first + 1}: MODEL {model} has no ENDMDL; the file is cut short"
        )
    inside[first:last] = True
    if not (inside & is_atom).any():
        raise StructureError(f"{source}: line {first + 1}: MODEL {model} has no atoms")
    return inside


def _check_end(
    tags: Array, data: bytes, starts: Array, ends: Array, is_atom: Array, source: str
) -> None:
    """Raise if the file stops in the midst of its atoms.

    An entry with the archive's headings goes on after its atoms, at least with END.
    """
    atomic = np.isin(tags[-2:], (_ATOM, _HETATM, _ANISOU, _SIGATM, _SIGUIJ))
    whole = data.endswith(b"\n")
    last = data[starts[-1] :].rstrip()
    fragment = not whole and any(
        record.startswith(last) for record in (b"ATOM  ", b"HETATM", b"ANISOU")
    )
    if not (atomic[-1] or (fragment and len(atomic) > 1 and atomic[0])):
        return
    headed = (tags == _HEADER).any() and (tags == _SEQRES).any()
    lengths = (ends - starts)[is_atom]
    cut = not whole and len(lengths) > 1 and lengths[-1] < lengths[:-1].min()
    if headed or cut or fragment:
        raise StructureError(
            f"{source}: line {len(tags)}: the file ends in the midst of its atoms; "
            "it is cut short, fetch it again"
        )


def _check_columns(buffer: Array, starts: Array, ends: Array, numbers: Array, source: str) -> None:
    """Raise unless all atom records have their names in ASCII and numbers where they belong."""
    short = np.flatnonzero(ends - starts < 54)
    if len(short):
        raise StructureError(
            f"{source}: line {numbers[short[0]]}: atom record of "
            f"{ends[short[0]] - starts[short[0]]} columns, cut short; coordinates end in column 54"
        )
    records = _records(buffer, starts)
    text = records[:, 12:27]
    if text.min() < 32 or text.max() > 126:
        line = np.flatnonzero(((text < 32) | (text > 126)).any(axis=1))[0]
        raise StructureError(
            f"{source}: line {numbers[line]}: names hold a character that is not printable ASCII"
        )
    # Columns first: comparing whole columns is far quicker than reducing short rows.
    text = np.ascontiguousarray(records[:, 22:66].T)
    columns, points = _classes(text), text == ord(".")
    good = _is_integer(columns[:4])
    for place in (8, 16, 24):
        good &= _is_fixed(columns[place : place + 8], points[place : place + 8], 4)
    good &= ends - starts >= 66
    for place in (32, 38):
        good &= _is_fixed(columns[place : place + 6], points[place : place + 6], 3)
    for line in np.flatnonzero(~good):
        _check_record(buffer[starts[line] : ends[line]].tobytes(), numbers[line], source)


def _classes(text: Array) -> Array:
    """Return the class of each byte; arithmetic is many times quicker than a table."""
    classes = np.full(text.shape, _OTHER, dtype=np.uint8)
    classes -= np.uint8(_OTHER - _BLANK) * (text == ord(" ")).view(np.uint8)
    classes -= np.uint8(_OTHER - _SIGN) * ((text == ord("-")) | (text == ord("+"))).view(np.uint8)
    classes -= np.uint8(_OTHER - _DIGIT) * _is_digit(text).view(np.uint8)
    return classes


def _is_digit(text: Array) -> Array:
    return np.asarray((text - np.uint8(ord("0"))) < 10)  # unsigned: smaller bytes wrap round


def _records(buffer: Array, starts: Array) -> Array:
    """Return the first 66 bytes of the lines that start at ``starts``, [lines, 66]."""
    return np.asarray(np.lib.stride_tricks.sliding_window_view(buffer, 66)[starts])


def _is_integer(columns: Array) -> Array:
    """Tell which records hold a right-adjusted integer, from the classes [width, records]."""
    good = columns[-1] == _DIGIT
    for left, right in pairwise(columns):
        good &= (left < right) | ((left == right) & (left != _SIGN))
    return np.asarray(good)


def _is_fixed(columns: Array, points: Array, whole: int) -> Array:
    """Tell which records hold a number with ``whole`` columns ahead of its decimal point."""
    good = _is_integer(columns[:whole]) & points[whole]
    for column in columns[whole + 1 :]:
        good &= column == _DIGIT
    return np.asarray(good)


def _check_record(record: bytes, number: int, source: str) -> None:
    """Raise unless an atom record of unusual layout can be read all the same."""
    if not _RESIDUE_NUMBER.fullmatch(record[22:26]):
        raise StructureError(
            f"{source}: line {number}: residue number is {_show(record[22:26])}; "
            "mend or remove the record"
        )
    for place, axis in ((30, "x"), (38, "y"), (46, "z")):
        if not _NUMBER.fullmatch(record[place : place + 8]):
            raise StructureError(
                f"{source}: line {number}: {axis} coordinate is "
                f"{_show(record[place : place + 8])}, not a number; mend or remove the record"
            )
    for place, title in ((54, "occupancy"), (60, "B-factor")):
        field = record[place : place + 6]
        if field.strip() and not _NUMBER.fullmatch(field):
            raise StructureError(
                f"{source}: line {number}: {title} is {_show(field)}, not a number"
            )


def _show(field: bytes) -> str:
    return repr(field.decode("latin-1"))


def _blank_columns(buffer: Array, starts: Array, ends: Array) -> bool:
    """Tell whether any record lacks its occupancy or B-factor, which end in a digit."""
    if ((ends - starts) < 66).any():
        return True
    return not (_is_digit(buffer[starts + 59]) & _is_digit(buffer[starts + 65])).all()


def _fill_blanks(content: bytes) -> bytes:
    """Write occupancy 1 and B-factor 0 where they are missing; readers would guess otherwise."""
    lines = []
    for line in content.splitlines():
        if not line.startswith(b"TER"):
            line = line.ljust(80)
            occupancy = (line[54:60].strip() or b"1.00").rjust(6)
            b_factor = (line[60:66].strip() or b"0.00").rjust(6)
            line = line[:54] + occupancy + b_factor + line[66:]
        lines.append(line)
    return b"\n".join(lines) + b"\n"
