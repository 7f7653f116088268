"""Types of the values in records, and what is wrong with others."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, ValidationError

__all__ = [
    "STRICT",
    "Commit",
    "Count",
    "CountOrZero",
    "Hash",
    "Name",
    "NotNegative",
    "Positive",
    "Share",
    "Text",
    "problems",
]

STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)

Text = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(ge=1)]
CountOrZero = Annotated[int, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Commit = Annotated[str, Field(pattern=r"^[0-9a-f]{7,40}$")]
Name = Annotated[str, Field(pattern=r"^[a-z0-9_]+\.[a-z0-9_]+$")]


def problems(error: ValidationError, name: str = "") -> str:
    """What is wrong with values, each by where it stands, in a line.

    Args:
        error: What pydantic found.
        name: What to call the values as a whole. (default: nothing)
    """
    found = error.errors()
    told = [f"{'.'.join(map(str, e['loc'])) or name}: {e['msg']}" for e in found[:5]]
    return "; ".join(told if len(found) <= 5 else [*told, f"and {len(found) - 5} more"])
