"""What is installed: metadata and requirements."""

from __future__ import annotations

import configparser
import importlib
import pkgutil
import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.resources import files
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import proteingraph
import proteingraph.errors
from proteingraph.zoo import list_models

ROOT = Path(__file__).parents[1]
EXTRAS = ("bench", "cluster", "docs", "foldcomp", "plm", "search", "test", "dev")


@pytest.fixture(scope="module")
def installed() -> Distribution:
    """What pip installed; the checks of it are skipped where the sources are used in place."""
    try:
        return distribution("torch-proteingraph")
    except PackageNotFoundError:
        pytest.skip("torch-proteingraph is not installed, the sources are used in place")


@pytest.fixture(scope="module")
def setup() -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def required(setup: configparser.RawConfigParser, *extras: str) -> dict[str, str]:
    """Requirements by lower-case name, with what is demanded of the version."""
    lines = setup["options"]["install_requires"].splitlines()
    for extra in extras:
        lines += setup["options.extras_require"][extra].splitlines()
    bare = [line.partition(" ;")[0].strip() for line in lines]
    found = [re.fullmatch(r"([\w-]+)(?:\[\w+\])?(.*)", line) for line in bare if line]
    return {match[1].lower(): match[2] for match in found if match}


def test_installed_version_is_that_of_the_sources(installed):
    assert installed.version == proteingraph.__version__


def test_what_is_tested_is_what_is_installed(installed):
    places = {str(file): Path(str(installed.locate_file(file))) for file in installed.files or []}
    if "proteingraph/__init__.py" not in places:
        pytest.skip("installed in editable mode: the sources are what is installed")
    assert Path(proteingraph.__file__).samefile(places["proteingraph/__init__.py"])


def test_version_is_one():
    assert re.fullmatch(r"\d+\.\d+\.\d+", proteingraph.__version__)
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {proteingraph.__version__}\n" in citation


def test_public_names_exist():
    for name in proteingraph.__all__:
        assert hasattr(proteingraph, name)


def test_every_module_says_its_subject_and_its_names():
    for info in pkgutil.walk_packages(proteingraph.__path__, "proteingraph."):
        if info.name.endswith("__main__"):
            continue
        module = importlib.import_module(info.name)
        assert module.__doc__, f"{info.name} has no docstring"
        assert hasattr(module, "__all__"), f"{info.name} has no __all__"
        assert len(set(module.__all__)) == len(module.__all__), info.name
        for name in module.__all__:
            assert hasattr(module, name), f"{info.name} has no {name}"


def test_every_folder_of_modules_is_installed():
    root = ROOT / "proteingraph"
    sources = {path.relative_to(root).as_posix() for path in root.rglob("*.py")}
    installed = Path(proteingraph.__file__).parent
    assert sources == {path.relative_to(installed).as_posix() for path in installed.rglob("*.py")}
    folders = {path.parent for path in root.rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def test_data_is_installed():
    assert files("proteingraph").joinpath("py.typed").is_file()
    assert files("proteingraph.datasets").joinpath("cath_scop_mini.npz").is_file()
    assert files("proteingraph.viz.report").joinpath("assets", "page.html").is_file()
    for name in list_models():
        assert files("proteingraph.zoo").joinpath("weights", name, "model.safetensors").is_file()


def test_all_errors_are_public():
    found = [name for name, value in vars(proteingraph.errors).items() if isinstance(value, type)]
    assert sorted(found) == sorted(proteingraph.errors.__all__)


def test_console_script(installed):
    (script,) = installed.entry_points.select(group="console_scripts")
    assert (script.name, script.value) == ("proteingraph", "proteingraph.cli:main")
    assert callable(script.load())


def test_licence_and_sources_are_installed(installed):
    names = {Path(str(file)).name for file in installed.files or []}
    assert {"LICENSE", "NOTICE"} <= names


def test_lower_bounds_only(setup):
    demands = required(setup, *EXTRAS)
    assert demands.pop("torch-proteingraph") == ""
    assert all(re.fullmatch(r">=[\d.]+", demand) for demand in demands.values())


def pins() -> list[Requirement]:
    """The lines of constraints.txt."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if not line.startswith("#")]


def test_constraints_pin_every_requirement(setup):
    assert all(re.fullmatch(r"==[\w.]+", str(pin.specifier)) for pin in pins())
    versions = {pin.name.lower(): str(pin.specifier) for pin in pins()}
    assert versions["torch"] == "==2.13.0"
    names = {re.sub(r"[_.]", "-", name) for name in versions}
    demanded = set(required(setup, *EXTRAS)) - {"torch-proteingraph"}
    assert demanded <= names


def test_constraints_can_be_met_by_every_python(setup):
    pythons = re.findall(r"Python :: (3\.\d+)", setup["metadata"]["classifiers"])
    assert len(pythons) == 4
    seen = 0
    for pin in pins():
        try:
            metadata = distribution(pin.name).metadata
        except PackageNotFoundError:
            continue
        if not pin.specifier.contains(metadata["Version"].partition("+")[0]):
            continue
        admitted = SpecifierSet(metadata["Requires-Python"] or "")
        seen += 1
        for python in pythons:
            if pin.marker is None or pin.marker.evaluate({"python_version": python}):
                assert f"{python}.20" in admitted, f"{pin}: not for Python {python}"
    assert seen > 50
