"""The command line run in this process, as the console script runs it."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import typer

from proteingraph.cli import app, main

__all__ = ["Outcome", "contents", "leaf_commands", "run"]

LONGEST = 700


@dataclass(frozen=True)
class Outcome:
    """What a command said and did."""

    code: int
    out: str
    err: str

    def check_refusal(self, name: str) -> None:
        """Assert that it ended with code 1 and one clear message, which names a file."""
        assert self.code == 1, (self.code, self.out, self.err)
        assert "Traceback" not in self.err
        assert name in self.err, self.err
        lines = self.err.splitlines()
        assert max(map(len, lines)) <= LONGEST, self.err
        errors = [line for line in lines if line.startswith("error: ")]
        if errors:  # what stops a command is the last that is heard of it: one line,
            # under which there may be the files of a folder, one a line, with their reasons
            assert len(errors) == 1, self.err
            rest = lines[lines.index(errors[0]) + 1 :]
            assert all(line.startswith("  ") for line in rest), self.err
            assert not rest or errors[0].endswith(":"), self.err


def run(arguments: Sequence[object]) -> Outcome:
    """Run a command; whatever it raises but for its exit is raised here."""
    out, err = io.StringIO(), io.StringIO()
    before, code = sys.argv, 0
    sys.argv = ["proteingraph", *map(str, arguments)]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 0
    finally:
        sys.argv = before
    return Outcome(code, out.getvalue(), err.getvalue())


def leaf_commands() -> Iterator[str]:
    """Names of all commands, as `data build`."""
    waiting = [("", typer.main.get_command(app))]
    while waiting:
        name, command = waiting.pop()
        parts = getattr(command, "commands", None)
        if parts is None:
            yield name
        else:
            waiting += [(f"{name} {key}".strip(), part) for key, part in parts.items()]


def contents(folder: Path) -> dict[str, str]:
    """Checksum of each file below a folder, and of each folder the empty text."""
    return {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else ""
        for path in sorted(folder.rglob("*"))
    }
