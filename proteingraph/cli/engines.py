"""Options that say what shares out the work of a command: processes, or a Ray cluster."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from proteingraph.errors import ConfigError

if TYPE_CHECKING:
    from proteingraph.ray_engine import RayEngine

__all__ = ["Address", "Engine", "EngineName", "Workers", "open_engine"]


class EngineName(str, Enum):
    """What shares out the work."""

    local = "local"
    ray = "ray"


Engine = Annotated[
    EngineName, typer.Option(help="Processes of this machine (--jobs), or workers of Ray.")
]
Workers = Annotated[
    int | None, typer.Option(help="Workers of Ray (default: as many as there are cores).", min=1)
]
Address = Annotated[
    str | None,
    typer.Option(
        help="Ray cluster: auto for the one this machine belongs to (default: one is started on "
        "this machine, and ended)."
    ),
]


def open_engine(
    engine: EngineName, workers: int | None, address: str | None, jobs: int
) -> RayEngine | None:
    """Return what is to share out the work; None for processes of this machine.

    Raises:
        ConfigError: If an option is of the other engine, or ray is not installed.
    """
    if engine is EngineName.local:
        if workers is not None or address is not None:
            raise ConfigError("--workers and --address are of --engine ray: give it, or --jobs")
        return None
    if jobs != 1:
        raise ConfigError("--jobs is of --engine local: give --workers instead")
    from proteingraph.ray_engine import RayEngine

    return RayEngine(workers, address or "local")
