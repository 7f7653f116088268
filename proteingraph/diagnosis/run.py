"""All that is looked at, in its order."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from proteingraph.diagnosis.data import find_data, find_weights
from proteingraph.diagnosis.finding import Finding
from proteingraph.diagnosis.machine import find_devices
from proteingraph.diagnosis.packages import find_packages
from proteingraph.diagnosis.selftest import self_test

__all__ = ["diagnose"]

PARTS: dict[str, Callable[[], Iterator[Finding]]] = {
    "packages": find_packages,
    "devices": find_devices,
    "weights": find_weights,
    "data": find_data,
    "self-test": self_test,
}


def diagnose() -> Iterator[tuple[str, Finding]]:
    """Look at packages, devices, weights and folders, and run a test of a few seconds.

    Nothing is written, and no connection is made.

    Yields:
        Names of parts, and what is found; whatever goes wrong is a finding too.
    """
    for part, look in PARTS.items():
        try:
            for finding in look():
                yield part, finding
        except Exception as error:  # what is broken may break anywhere
            yield part, Finding("broken", f"{type(error).__name__}: {error}", False)
