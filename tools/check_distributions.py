"""Build the wheel and the sdist, and use each as a newcomer would, in an empty environment.

    python tools/check_distributions.py [PYTHON ...]

builds from the files that git tracks, and compares what is in the distributions with these. Then,
with each interpreter (by default every `python3.10` to `python3.13` that runs), the wheel is
installed into an empty environment, with the versions of `constraints.txt`. Away from the checkout,
`proteingraph doctor` and `models` are run there, a structure is embedded, and a user's script is
checked by `mypy --strict`; then the same with the sdist in place of the wheel, which must ask for
the same requirements. `--contents` stops before anything is installed. Needs the extra `dev`.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
VERSIONS = ("3.10", "3.11", "3.12", "3.13")
STRUCTURE = ROOT / "tests" / "data" / "1aki.cif"
NOT_DISTRIBUTED = {".gitignore", ".ci/run"}
READ_BACK = """
import pandas as pd
import proteingraph
table = pd.read_parquet("embeddings.parquet")
print(proteingraph.__version__, len(table.residue[0]), proteingraph.__file__)
"""
# If types were not installed, or were `Any`, the last line would need no excuse: an error too.
TYPED = """
import numpy as np
from numpy.typing import NDArray
import proteingraph
from proteingraph.io import Structure, read_structure
from proteingraph.pretrain import DenoisingModel
from proteingraph.transforms import ResidueGraph

structure: Structure = read_structure("1aki.cif")
model: DenoisingModel = proteingraph.load_model("dsm_small")
chains = proteingraph.embed(structure, model)
vectors: list[NDArray[np.float32]] = [chain.protein for chain in chains]
recipe = ResidueGraph(k=24)
channels: int = recipe.node_channels + recipe.edge_channels
wrong: int = proteingraph.embed(structure, model)  # type: ignore[assignment]
"""


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command; give what it prints, or end with all of it if it fails."""
    words = [str(word) for word in command]
    done = subprocess.run(
        words, cwd=cwd, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        raise SystemExit(f"{done.stdout}\nexit code {done.returncode} of: {' '.join(words)}")
    return done.stdout


def build(scratch: Path) -> tuple[set[str], Path, Path]:
    """Build from a copy of what git tracks; give the names of that, the wheel and the sdist."""
    tracked = set(run("git", "ls-files", "-z", cwd=ROOT).split("\0")) - {""}
    for name in tracked:
        copy = scratch / "sources" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy)
    dist = scratch / "dist"
    run(sys.executable, "-m", "build", "--outdir", dist, scratch / "sources", cwd=scratch)
    (wheel,), (sdist,) = dist.glob("*.whl"), dist.glob("*.tar.gz")
    return tracked, wheel, sdist


def check_contents(tracked: set[str], wheel: Path, sdist: Path) -> None:
    """Compare what is in the distributions with what git tracks."""
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    package = {name for name in tracked if name.startswith("proteingraph/")}
    if packed != package:
        raise SystemExit(f"{wheel.name}: in one of wheel and checkout: {sorted(packed ^ package)}")
    with tarfile.open(sdist) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    if missing := tracked - packed - NOT_DISTRIBUTED:
        raise SystemExit(f"{sdist.name}: left out by MANIFEST.in: {sorted(missing)}")
    for path, count in ((wheel, len(package)), (sdist, len(tracked))):
        print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB, all of {count} files")


def requirements(metadata: str) -> list[str]:
    """What a distribution asks for."""
    return sorted(re.findall(r"^Requires-(?:Dist|Python): .*$", metadata, re.MULTILINE))


def check_requirements(wheel: Path, sdist: Path) -> None:
    """Compare what both ask for: then one environment serves both."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (one for one in archive.namelist() if one.endswith(".dist-info/METADATA"))
        of_wheel = archive.read(name).decode()
    with tarfile.open(sdist) as archive:
        packed = archive.extractfile(f"{sdist.name.removesuffix('.tar.gz')}/PKG-INFO")
        of_sdist = packed.read().decode() if packed else ""
    if not of_sdist or requirements(of_wheel) != requirements(of_sdist):
        raise SystemExit(f"{sdist.name} does not ask for what {wheel.name} asks for")


def use(venv: Path, name: str) -> None:
    """Use what is installed, from the folder that the environment is in."""
    home, script = venv.parent, venv / "bin" / "proteingraph"
    run(script, "doctor", cwd=home)
    if "dsm_small" not in run(script, "models", cwd=home):
        raise SystemExit(f"{name}: `proteingraph models` does not list dsm_small")
    run(script, "embed", STRUCTURE.name, "-m", "dsm_small", "-o", "embeddings.parquet", cwd=home)
    version, residues, place = run(venv / "bin" / "python", "-c", READ_BACK, cwd=home).split()
    (home / "embeddings.parquet").unlink()
    if f"-{version}" not in name or residues != "129" or venv not in Path(place).parents:
        raise SystemExit(f"{name}: version {version}, {residues} residues, {place}")


def check_installed(interpreter: str, wheel: Path, sdist: Path, scratch: Path) -> None:
    """Install in an empty environment, and use it."""
    began, told = time.monotonic(), run(interpreter, "--version", cwd=scratch).strip()
    home = Path(tempfile.mkdtemp(dir=scratch))
    run(interpreter, "-m", "venv", home / "venv", cwd=home)
    python = home / "venv" / "bin" / "python"
    pip = [python, "-m", "pip", "-q", "--disable-pip-version-check"]
    install = [*pip, "install", "--no-compile", "-c", ROOT / "constraints.txt"]
    shutil.copy(STRUCTURE, home)
    run(*install, wheel, cwd=home)
    use(home / "venv", wheel.name)
    run(*install, "mypy", cwd=home)
    (home / "typed.py").write_text(TYPED, encoding="utf-8")
    run(python, "-m", "mypy", "--strict", "typed.py", cwd=home)
    run(*pip, "uninstall", "-y", "torch-proteingraph", cwd=home)
    run(*install, "--no-deps", sdist, cwd=home)
    use(home / "venv", sdist.name)
    print(f"{told}: wheel and sdist passed in {time.monotonic() - began:.0f} s", flush=True)
    shutil.rmtree(home)


def found() -> list[str]:
    """Interpreters on the path that run: a shim may be there and have none behind it."""
    paths = filter(None, (shutil.which(f"python{version}") for version in VERSIONS))
    probe = ("-c", "import venv, ensurepip")
    return [
        path for path in paths if not subprocess.run([path, *probe], capture_output=True).returncode
    ]


def main() -> None:
    """Build, look inside, install."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("python", nargs="*", help="interpreters (default: those found)")
    parser.add_argument("--contents", action="store_true", help="build and compare only")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        tracked, wheel, sdist = build(scratch)
        check_contents(tracked, wheel, sdist)
        check_requirements(wheel, sdist)
        if arguments.contents:
            return
        interpreters = arguments.python or found()
        if not interpreters:
            raise SystemExit(f"no python{VERSIONS[0]} to python{VERSIONS[-1]} runs; name one")
        for interpreter in interpreters:
            check_installed(interpreter, wheel, sdist, scratch)


if __name__ == "__main__":
    main()
