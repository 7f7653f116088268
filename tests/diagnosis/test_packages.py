"""What is told of packages, against what an installed package says that it needs."""

from __future__ import annotations

from importlib.metadata import Distribution, PackageNotFoundError, version

import pytest

from proteingraph.diagnosis.packages import find_packages

METADATA = """Metadata-Version: 2.1
Name: torch-proteingraph
Version: 0.1.0
Requires-Python: {python}
"""


@pytest.fixture
def found(tmp_path, monkeypatch):
    """Findings by name, where the installed package has some requirements."""

    def find(*requirements, extras=(), python=">=3.10"):
        lines = [f"Requires-Dist: {one}" for one in requirements]
        lines += [f"Provides-Extra: {one}" for one in extras]
        text = METADATA.format(python=python) + "\n".join(lines) + "\n"
        (tmp_path / "METADATA").write_text(text, encoding="utf-8")
        monkeypatch.setattr(
            "proteingraph.diagnosis.packages.distribution", lambda name: Distribution.at(tmp_path)
        )
        return {one.name: one for one in find_packages()}

    return find


def test_what_is_needed_and_there_is_right(found):
    findings = found("torch>=2.0", "numpy>=1", "scipy", "absent ; python_version < '3'")
    assert findings["torch"].ok and findings["torch"].told == version("torch")
    assert findings["python"].ok and findings["others"].told.startswith("1 package")
    assert "absent" not in findings


def test_what_is_missing_or_too_old_is_wrong(found):
    findings = found("numpy>=99", "no-such-package-here>=1", python=">=99")
    assert findings["numpy"].ok is False
    assert f"{version('numpy')}, but >=99 is needed" in findings["numpy"].told
    absent = findings["no-such-package-here"]
    assert absent.ok is False
    assert absent.told == "not installed: pip install 'no-such-package-here>=1'"
    assert findings["python"].ok is False


def test_extras_may_be_absent_but_not_outdated(found):
    findings = found(
        "numpy>=1",
        "scipy>=1 ; extra == 'there'",
        "no-such-package-here ; extra == 'absent'",
        "scipy>=1 ; extra == 'half'",
        "no-such-package-here ; extra == 'half'",
        "scipy>=99 ; extra == 'old'",
        "torch-proteingraph[there] ; extra == 'dev'",
        "pytest ; extra == 'dev'",
        extras=("there", "absent", "half", "old", "dev"),
    )
    assert findings["[there]"].ok and findings["[there]"].told == f"scipy {version('scipy')}"
    for name in ("absent", "half"):
        assert findings[f"[{name}]"].ok is None
        assert findings[f"[{name}]"].told == (
            f"no-such-package-here not installed: pip install 'torch-proteingraph[{name}]'"
        )
    assert findings["[old]"].ok is False
    assert "[dev]" not in findings


def test_sources_used_in_place_need_what_nobody_knows(monkeypatch):
    def absent(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr("proteingraph.diagnosis.packages.distribution", absent)
    findings = {one.name: one for one in find_packages()}
    assert findings["torch"].told == version("torch")
    assert all(one.ok is None for one in findings.values())
