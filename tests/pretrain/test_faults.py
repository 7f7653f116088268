"""Errors of the system, told as what can be done about them."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from proteingraph.errors import ConfigError
from proteingraph.pretrain.faults import faults_told


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG, errno.EROFS, errno.EACCES])
def test_what_cannot_be_written_is_told(number):
    with pytest.raises(ConfigError) as told, faults_told(Path("runs/a")):
        raise OSError(number, os.strerror(number), "runs/a/last.ckpt")
    assert str(told.value) == (
        f"runs/a/last.ckpt: cannot be written: {os.strerror(number)}; what was written before is "
        "whole: make room, and resume the run in runs/a"
    )
    with (
        pytest.raises(ConfigError, match=r"^runs/a: cannot be written"),
        faults_told(Path("runs/a")),
    ):
        raise OSError(number, os.strerror(number))


@pytest.mark.parametrize(
    "error", [FileNotFoundError(2, "absent"), RuntimeError("CUDA"), KeyError()]
)
def test_other_errors_are_left_as_they_are(error):
    with pytest.raises(type(error)) as raised, faults_told(Path("runs/a")):
        raise error
    assert raised.value is error
