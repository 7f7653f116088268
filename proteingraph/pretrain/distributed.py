"""Processes that train one network together: where they run, what they add up, how they fail."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import lightning as L
import torch
import torch.distributed as dist
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.fabric.utilities.rank_zero import rank_zero_only
from lightning.pytorch.strategies import DDPStrategy, ModelParallelStrategy, Strategy
from torch import Tensor, nn
from torch.distributed.device_mesh import DeviceMesh

from proteingraph.errors import ConfigError
from proteingraph.pretrain.config import HardwareConfig

__all__ = [
    "JointMean",
    "end_together",
    "first_of",
    "is_first_process",
    "joint_mean",
    "make_trainer",
    "multiplying",
    "one_voice",
    "shard",
]

PATIENCE = 30.0
"""Seconds in which a process that ends because of another's error lets that one tell it."""


def make_trainer(hardware: HardwareConfig, **options: Any) -> L.Trainer:
    """Make a trainer that computes where settings say.

    Args:
        hardware: The settings.
        options: Other arguments of the trainer.

    Raises:
        ConfigError: If there are no such devices, or torchrun started another number of processes.
    """
    processes = hardware.devices * hardware.nodes
    if dist.is_available() and dist.is_torchelastic_launched():
        started = int(os.environ["WORLD_SIZE"])
        if started != processes:
            raise ConfigError(
                f"torchrun started {started} processes, but hardware.devices={hardware.devices} "
                f"on hardware.nodes={hardware.nodes} are {processes}: let them agree"
            )
    try:
        return L.Trainer(
            accelerator=hardware.accelerator,
            devices=hardware.devices,
            num_nodes=hardware.nodes,
            strategy=_strategy(hardware),
            precision=hardware.precision,
            use_distributed_sampler=False,  # batches are divided as they are drawn
            **options,
        )
    except (MisconfigurationException, RuntimeError, ValueError) as error:
        raise ConfigError(f"hardware: {' '.join(str(error).split())}") from error


def _strategy(hardware: HardwareConfig) -> Strategy | str:
    processes = hardware.devices * hardware.nodes
    timeout = timedelta(minutes=hardware.timeout)
    if hardware.strategy == "fsdp":
        return ModelParallelStrategy(
            processes, 1, save_distributed_checkpoint=False, timeout=timeout
        )
    if processes > 1:
        return DDPStrategy(timeout=timeout, broadcast_buffers=False)
    return "auto"


def is_first_process(hardware: HardwareConfig) -> bool:
    """Whether this process is the one that writes and prints; known before processes meet."""
    # Alone it is the first, whatever number a scheduler gave it among runs of their own.
    return hardware.devices * hardware.nodes == 1 or getattr(rank_zero_only, "rank", 0) == 0


@dataclass(frozen=True, eq=False, slots=True)
class JointMean:
    """Mean over what all processes hold.

    Attributes:
        share: To minimise by each process: the mean over processes of its gradients, which is what
            they train by, is the gradient of the joint mean.
        value: The joint mean, alike in all processes.
        count: How many numbers it is the mean of, in all processes.
    """

    share: Tensor
    value: Tensor
    count: int


def joint_mean(mean: Tensor, count: int, processes: int = 1) -> JointMean:
    r"""Mean over what all processes hold, each counted by how much it holds.

    With :math:`m_p` of :math:`n_p` numbers in process p of P, the value is :math:`\sum_p n_p m_p /
    \sum_p n_p`, and the share :math:`P n_p m_p / \sum_p n_p`.

    Args:
        mean: Mean over what this process holds, ``[]``.
        count: How many numbers that is; 0 if it holds none, whatever the mean.
        processes: Number of processes. (default: :obj:`1`)
    """
    if processes == 1:
        return JointMean(mean, mean, count)
    total = torch.stack([mean.detach().double() * count, mean.new_tensor(count).double()])
    dist.all_reduce(total)
    joint = int(total[1])
    value = (total[0] / max(1, joint)).to(mean.dtype)
    return JointMean(mean * (processes * count / max(1, joint)), value, joint)


def first_of(value: float, device: torch.device) -> float:
    """Number that the first process gives, in all processes."""
    number = torch.tensor(value, dtype=torch.float64, device=device)
    dist.broadcast(number, src=0)
    return float(number)


def shard(module: L.LightningModule, layers: nn.ModuleList, mesh: DeviceMesh) -> None:
    """Share out the parameters of a module among processes, layers each on their own.

    Raises:
        ConfigError: If torch is too old for that.
    """
    try:
        from torch.distributed.fsdp import FSDPModule, fully_shard, register_fsdp_forward_method
    except ImportError as error:
        raise ConfigError(
            f"hardware.strategy=fsdp needs torch 2.6, this is {torch.__version__}: use ddp"
        ) from error

    if isinstance(module, FSDPModule):
        return
    for layer in layers:
        fully_shard(layer, mesh=mesh)
    fully_shard(module, mesh=mesh)
    for method in ("training_step", "validation_step"):
        register_fsdp_forward_method(module, method)


@contextlib.contextmanager
def multiplying(precision: str) -> Iterator[None]:
    """Let GPUs multiply 32-bit matrices in ``"highest"`` or ``"high"`` precision for a while."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(precision)
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


def end_together(trainer: L.Trainer) -> None:
    """Let processes that are asked to end (SIGTERM) do so after the same step.

    Lightning's handler speaks to the other processes at once, in the middle of whatever this one
    was saying to them, and both wait. Here the first process notes it down, and the others hear of
    it before the next step, as Lightning has it anyway; asked themselves, they wait for that.
    """
    if threading.current_thread() is not threading.main_thread():
        return

    def note(*_: Any) -> None:
        trainer._signal_connector.received_sigterm = trainer.is_global_zero

    signal.signal(signal.SIGTERM, note)  # Lightning puts back what was there before the run


@contextlib.contextmanager
def one_voice(trainer: L.Trainer) -> Iterator[None]:
    """Let the process that fails first tell why, and end the others without a word.

    Raises:
        ConfigError: If other processes have ended without a reason, or do not answer in time.
        SystemExit: In the other processes, also when all are asked to end.
    """
    try:
        yield
    except (KeyboardInterrupt, SystemExit) as stop:
        if trainer.is_global_zero:
            raise
        raise SystemExit(1) from stop
    except Exception as error:
        if trainer.world_size == 1:
            raise
        children: list[subprocess.Popen[bytes]] = getattr(trainer.strategy.launcher, "procs", [])
        if not _fails_first():
            for child in children:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(PATIENCE)
            raise SystemExit(1) from error
        for child in children:
            child.kill()  # which writes nothing; Lightning delays gentler signals
        if not _is_of_connection(error):
            raise
        raise ConfigError(
            "another process of this run ended without a word, or did not answer in time (see "
            f"hardware.timeout): resume the run ({_reason(error)})"
        ) from error


def _fails_first() -> bool:
    """Whether no other process has failed before; asked once by each that fails."""
    if not dist.is_initialized():
        return True
    store = dist.distributed_c10d._get_default_store()
    try:
        return bool(store.add("proteingraph/failures", 1) == 1)
    except RuntimeError:  # the process that keeps the store has left
        return False


def _reason(error: Exception) -> str:
    """First sentence of an error of torch's, without the place in its source before it."""
    return str(error).splitlines()[0].rpartition("] ")[2].partition(". ")[0]


def _is_of_connection(error: Exception) -> bool:
    words = ("gloo", "NCCL", "onnection", "imed out")
    return isinstance(error, RuntimeError) and any(word in str(error) for word in words)
