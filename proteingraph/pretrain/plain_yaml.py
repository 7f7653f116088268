"""YAML of plain values, of bounded size however it is written."""

from __future__ import annotations

from typing import Any

import yaml

__all__ = ["parse_yaml"]

MOST_VALUES = 100_000
"""Values that a document may unfold to: a few aliases of aliases are billions."""


def parse_yaml(text: str) -> Any:
    """Read YAML that holds numbers, texts, lists and mappings, and makes no objects.

    Args:
        text: The document.

    Returns:
        Its value.

    Raises:
        yaml.YAMLError: If it is malformed, names a Python object, is nested too deep, holds itself
            by an alias, or unfolds to more than 100,000 values.
    """
    try:
        value = yaml.safe_load(text)
    except (TypeError, ValueError) as error:  # as of 2023-99-99, which is taken for a date
        raise yaml.YAMLError(str(error)) from error
    except RecursionError as error:
        raise yaml.YAMLError("nested too deep") from error
    waiting, count = [value], 0
    while waiting:
        item = waiting.pop()
        count += 1
        if isinstance(item, dict):
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
        if count + len(waiting) > MOST_VALUES:
            raise yaml.YAMLError(
                f"unfolds to more than {MOST_VALUES:,} values, by aliases or by itself"
            )
    return value
