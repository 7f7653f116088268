"""Self-supervised pre-training on protein structures with graph neural networks."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from proteingraph.embedding import embed
    from proteingraph.search import Index
    from proteingraph.zoo import create_model, list_models, load_model, load_task

__all__ = [
    "Index",
    "__version__",
    "create_model",
    "embed",
    "list_models",
    "load_model",
    "load_task",
]

__version__ = "0.1.0"

# Loaded when first asked for: `import proteingraph` is quick.
_HOMES = {
    "Index": "proteingraph.search",
    "create_model": "proteingraph.zoo",
    "embed": "proteingraph.embedding",
    "list_models": "proteingraph.zoo",
    "load_model": "proteingraph.zoo",
    "load_task": "proteingraph.zoo",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
