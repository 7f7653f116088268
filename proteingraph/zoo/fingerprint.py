"""Fingerprints of networks: what tells whether two are the same, however they are stored."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

__all__ = ["fingerprint_of"]


def fingerprint_of(settings: Mapping[str, Any], state: Mapping[str, Tensor]) -> str:
    """SHA-256 of settings and weights, in hexadecimal.

    Args:
        settings: Plain values, as JSON knows them.
        state: Weights by name.
    """
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for name, value in sorted(state.items()):
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        content = value.detach().cpu().contiguous().reshape(-1)
        digest.update(content.view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
