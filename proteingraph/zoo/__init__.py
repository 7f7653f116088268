"""Trained weights by name, with a record of what each set is."""

from __future__ import annotations

from proteingraph.zoo.card import model_card
from proteingraph.zoo.record import ModelRecord
from proteingraph.zoo.registry import (
    create_model,
    list_models,
    load_model,
    load_task,
    model_record,
    resolve_name,
)

__all__ = [
    "ModelRecord",
    "create_model",
    "list_models",
    "load_model",
    "load_task",
    "model_card",
    "model_record",
    "resolve_name",
]
