"""What each of several processes does that train one network together, and how they are started."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import lightning as L
import numpy as np
import torch
from lightning.pytorch.callbacks import Callback

from proteingraph.datasets import ChainPack, load_cath_scop_mini
from proteingraph.pretrain import PretrainConfig, load_config
from proteingraph.pretrain.run import pretrain

STOP = 5
"""Steps after which a run is stopped."""

SETTINGS: Mapping[str, Any] = {
    "steps": 9,
    "validate_every": 4,
    "checkpoint_every": 4,
    "model": {
        "graph": {"k": 6, "offsets": [1, 2]},
        "encoder": {"channels": 16, "pair_channels": 16, "hidden_channels": 16, "layers": 2},
        "readout": 4,
    },
    # Batches of one and of two chains: some leave one of two processes without any.
    "data": {"crop": 64, "residues": 50, "validation_sigmas": [5.0, 0.5]},
    "optimizer": {"warmup_steps": 2},
    "hardware": {"accelerator": "cpu", "timeout": 5.0},
}

FIXED = ("joint.weight=0.2", "optimizer.learning_rate=1e-30", "optimizer.weight_decay=0")
"""Settings of a joint run whose parameters stay as they were drawn."""

Notes = dict[str, dict[int, Any]]
"""Of each step the seeds drawn, the gradient and what is logged."""


def config(*overrides: str) -> PretrainConfig:
    """Settings of a run of seconds."""
    return load_config(dict(SETTINGS), overrides)


@cache
def chains() -> tuple[ChainPack, ChainPack]:
    """The twelve shortest domains to train on, and the three shortest held out."""
    pack = load_cath_scop_mini()
    parts = []
    for kind, count in (("train", 12), ("validation", 3)):
        part = pack.subset(np.asarray(pack.labels["split"]) == kind)
        parts.append(part.subset(np.argsort(part.lengths, kind="stable")[:count]).trace())
    return parts[0], parts[1]


class Notary(Callback):
    """Takes notes.

    Args:
        stop: Steps after which the run is stopped by an error. (default: never)
    """

    def __init__(self, stop: int | None = None) -> None:
        self.stop = stop
        self.notes: Notes = {"seeds": {}, "gradients": {}, "logged": {}}

    def on_train_batch_start(
        self, trainer: L.Trainer, module: L.LightningModule, batch: Any, *rest: Any
    ) -> None:
        if trainer.global_step == self.stop:
            raise RuntimeError("stopped")
        self.notes["seeds"][trainer.global_step] = batch.seed.tolist()

    def on_before_optimizer_step(
        self, trainer: L.Trainer, module: L.LightningModule, *rest: Any
    ) -> None:
        gradients = [parameter.grad for parameter in module.parameters()]
        whole = [g.full_tensor() if hasattr(g, "full_tensor") else g for g in gradients]
        flat = torch.cat([gradient.flatten() for gradient in whole])
        self.notes["gradients"][trainer.global_step] = flat

    def on_train_batch_end(self, trainer: L.Trainer, *rest: Any) -> None:
        said = {n: float(v) for n, v in trainer.callback_metrics.items() if n.startswith("train/")}
        self.notes["logged"][trainer.global_step - 1] = said


def run(folder: Path, settings: PretrainConfig, stop: int | None = None, **options: Any) -> Notes:
    """Train, or until the step at which the run is to be stopped."""
    notary = Notary(stop)
    try:
        pretrain(*chains(), folder, settings, progress=False, callbacks=[notary], **options)
    except (RuntimeError, SystemExit):  # SystemExit where another process told the error
        if stop is None:
            raise
    return notary.notes


def start(folder: Path, what: str, processes: int = 2) -> list[subprocess.Popen[str]]:
    """Start this module in several processes that know of each other, as a cluster does.

    Args:
        folder: Folder of the runs.
        what: Name of the function here that each process calls with the folder and its number.
        processes: Number of processes.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    around = {
        "WORLD_SIZE": str(processes),
        "NODE_RANK": "0",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "OMP_NUM_THREADS": "1",
    }
    return [
        subprocess.Popen(
            [sys.executable, __file__, what, str(folder)],
            env={**os.environ, **around, "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(processes)
    ]


def compared(folder: Path, rank: int) -> Mapping[str, Notes]:
    """Runs like those of one process."""
    two = ("hardware.devices=2",)
    sharded = (*two, "hardware.strategy=fsdp", "steps=4")
    notes = {"fixed": run(folder / "fixed_two", config(*FIXED, *two))}
    notes["fsdp"] = run(folder / "fsdp", config(*FIXED, *sharded))
    run(folder / "two", config(*two), STOP)
    copy(folder / "two", folder / "two_to_two", rank)
    for name in ("two_to_two", "one_to_two"):
        notes[name] = run(folder / name, config(*two), resume=True)
    return notes


def strategies(folder: Path, rank: int) -> Mapping[str, Notes]:
    """A run that shares out parameters, and one that does not, gone on with either way."""
    two, sharded = ["hardware.devices=2"], ["hardware.devices=2", "hardware.strategy=fsdp"]
    ways = {"ddp": config(*two), "fsdp": config(*sharded)}
    notes = {}
    for before, settings in ways.items():
        run(folder / before, settings, STOP)
        for after, others in ways.items():
            name = f"{before}_to_{after}"
            copy(folder / before, folder / name, rank)
            notes[name] = run(folder / name, others, resume=True)
    return notes


def timed(folder: Path, rank: int) -> Mapping[str, Notes]:
    """A run that is limited by time."""
    settings = config("steps=null", "minutes=0.05", "validate_every=0", "hardware.devices=2")
    return {"timed": run(folder / "timed", settings)}


def copy(source: Path, target: Path, rank: int) -> None:
    """Copy a folder, in the first process while the others wait."""
    torch.distributed.barrier()
    if rank == 0:
        shutil.copytree(source, target)
    torch.distributed.barrier()


if __name__ == "__main__":
    FOLDER, RANK = Path(sys.argv[2]), int(os.environ["LOCAL_RANK"])
    torch.save(globals()[sys.argv[1]](FOLDER, RANK), FOLDER / f"notes_{RANK}.pt")
