"""Choosing a piece of a chain."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["check_whole", "choose_piece", "draw_whole"]

Whole = int | tuple[int, int]


def check_whole(what: str, value: Whole) -> tuple[int, int]:
    """Return a whole number from 1 up, or an ascending pair of such, as a pair.

    Raises:
        ValueError: If it is neither.
    """
    pair = (value, value) if isinstance(value, int) else tuple(value)
    if (
        len(pair) != 2
        or not all(isinstance(one, int) for one in pair)
        or not 1 <= pair[0] <= pair[1]
    ):
        raise ValueError(
            f"{what} must be a whole number from 1 or an ascending pair of such, got {value}"
        )
    return pair[0], pair[1]


def draw_whole(pair: tuple[int, int], generator: torch.Generator) -> int:
    """Draw evenly from a pair, both ends included."""
    return int(torch.randint(pair[0], pair[1] + 1, (), generator=generator))


def choose_piece(
    order: list[Tensor], length: int, generator: torch.Generator
) -> tuple[Tensor, int] | None:
    """Choose a place for a piece of an unbroken stretch, each place as likely as another.

    Args:
        order: Rows of each stretch.
        length: Residues of the piece.
        generator: Of the choice.

    Returns:
        The stretch, and the place in it where the piece begins; None where no stretch holds it.
    """
    places = [max(0, len(rows) - length + 1) for rows in order]
    if not sum(places):
        return None
    place = int(torch.randint(sum(places), (), generator=generator))
    for rows, count in zip(order, places, strict=True):
        if place < count:
            return rows, place
        place -= count
    return None
