"""What is found of one thing."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Finding"]


@dataclass(frozen=True)
class Finding:
    """What is found of one thing.

    Attributes:
        name: Of what.
        told: What is found; of what is wrong also what to do.
        ok: Whether it is as it should be; None of what may be one way or another.
    """

    name: str
    told: str
    ok: bool | None = None
