"""How far a computation is from what its machine could do: bytes and FLOPs against its limits."""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

__all__ = ["Limits", "count", "measure_limits", "peak_memory", "wait"]


def wait(device: torch.device) -> None:
    """Wait for the end of what a GPU was given to do; nothing on a CPU."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def peak_memory(run: Callable[[], object], device: torch.device) -> int | None:
    """Bytes that a call needs at most beside what is held before it.

    On a CPU the peak of the resident memory, once freed memory has been given back (Linux with
    glibc; None elsewhere); on a GPU what tensors occupy.
    """
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        run()
        wait(device)
        return torch.cuda.max_memory_allocated(device) - before
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is None:
        return None
    trim(0)
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew at what is held now
    before = _resident("VmRSS")
    run()
    return _resident("VmHWM") - before


def _resident(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(name))


@dataclass(frozen=True)
class Limits:
    """What a machine can do at most, as measured.

    Attributes:
        bytes_per_second: Of a copy of a large tensor, read and written.
        flops_per_second: Of the product of two large matrices.
    """

    bytes_per_second: float
    flops_per_second: float

    def seconds(self, operations: list[tuple[int, int]]) -> float:
        """Least time of operations ``(FLOPs, bytes)`` that are run one after the other."""
        return sum(
            max(flops / self.flops_per_second, size / self.bytes_per_second)
            for flops, size in operations
        )

    def record(self) -> dict[str, float]:
        """What a record of a run says of it."""
        return asdict(self)


def measure_limits(
    device: torch.device, dtype: torch.dtype, elements: int = 2**26, size: int = 1536
) -> Limits:
    """Measure bandwidth and matrix rate; the best of three.

    Args:
        device: Where.
        dtype: Of the matrices.
        elements: Numbers to copy, 4 bytes each. (default: :obj:`2**26`)
        size: Rows and columns of the matrices. (default: :obj:`1536`)
    """
    clock = time.perf_counter if device.type == "cuda" else time.process_time
    from_, to = torch.ones(elements, device=device), torch.empty(elements, device=device)
    a = torch.ones(size, size, device=device, dtype=dtype)

    def best(run: Callable[[], object]) -> float:
        taken = []
        for _ in range(4):
            start = clock()
            run()
            wait(device)
            taken.append(clock() - start)
        return min(taken[1:])

    copied = 2 * from_.numel() * from_.element_size()
    return Limits(copied / best(lambda: to.copy_(from_)), 2 * size**3 / best(lambda: a @ a))


def count(run: Callable[[], object]) -> list[tuple[int, int]]:
    """FLOPs and bytes of each operation of a call, backward passes too.

    FLOPs are those of matrix products, convolutions and attention, as PyTorch's own counter knows
    them. Bytes are those of the tensors read and written, each once an operation; views are free.
    """
    counter = _Counter()
    with counter:
        run()
    return counter.operations


class _Counter(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.operations: list[tuple[int, int]] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        out = func(*args, **kwargs)
        if not func.is_view:
            packet = func.overloadpacket  # one that works in place counts as that which does not
            base = getattr(torch.ops.aten, packet.__name__.removesuffix("_"), packet)
            known = flop_registry.get(packet) or flop_registry.get(base)
            flops = int(known(*args, **kwargs, out_val=out)) if known else 0
            read = {id(t): t for t in tree_leaves((args, kwargs)) if isinstance(t, Tensor)}
            written = [t for t in tree_leaves(out) if isinstance(t, Tensor)]
            tensors = [*read.values(), *written]
            self.operations.append((flops, sum(t.numel() * t.element_size() for t in tensors)))
        return out
