"""Processors, accelerators, and the library that searches neighbours."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator

from proteingraph.diagnosis.finding import Finding

__all__ = ["find_devices", "usable_devices"]


def find_devices() -> Iterator[Finding]:
    """Tell what can be computed with."""
    import torch

    from proteingraph.ops import BackendError, available_backends, get_backend

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    threads = torch.get_num_threads()
    text = f"{platform.machine()}, {cores} of {os.cpu_count()} cores, {threads} threads of torch"
    yield Finding("processor", text)
    if torch.cuda.is_available():
        for number in range(torch.cuda.device_count()):
            about = torch.cuda.get_device_properties(number)
            text = f"{about.name}, {about.total_memory / 2**30:.0f} GiB"
            yield Finding(f"cuda:{number}", text)
    elif torch.version.cuda is not None:
        yield Finding("cuda", f"built for CUDA {torch.version.cuda}, but no device is found")
    else:
        yield Finding("cuda", "none: this build of torch is without")
    if torch.backends.mps.is_available():
        yield Finding("mps", "Apple's")
    there = ", ".join(available_backends())
    try:
        yield Finding("backend", f"{get_backend()}, of {there}", True)
    except BackendError as error:
        yield Finding("backend", str(error), False)


def usable_devices() -> list[str]:
    """Names of the kinds of devices that torch finds, the processor first."""
    import torch

    found = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    return ["cpu", *(name for name, there in found.items() if there)]
