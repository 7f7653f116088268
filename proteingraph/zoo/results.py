"""Results of networks, from the files that benchmarks write."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import Any

from pydantic import TypeAdapter, ValidationError

from proteingraph.errors import ConfigError
from proteingraph.zoo.fields import problems
from proteingraph.zoo.measured import DenoisingResult, Results, RetrievalResult, TaskResult

__all__ = ["benchmark_results", "validation_results"]

MEASURES = ("family", "superfamily", "fold", "top1")


def validation_results(metrics: Mapping[str, float], judged_on: str) -> Results:
    """Held-out errors that a training run ended with.

    Args:
        metrics: As the run records them: ``validation/mse_1`` at 1 Å, and so on.
        judged_on: Which structures these were.
    """
    start = "validation/mse_"
    errors = {float(k.removeprefix(start)): v for k, v in metrics.items() if k.startswith(start)}
    rows = tuple(DenoisingResult(sigma, errors[sigma]) for sigma in sorted(errors, reverse=True))
    return Results(denoising_on=judged_on if rows else "", denoising=rows)


def benchmark_results(files: Iterable[Path], hashes: frozenset[str], results: Results) -> Results:
    """Put what benchmarks measured in place of what is known.

    Args:
        files: JSON files of ``benchmarks/cath/denoising.py`` and ``benchmarks/scop/retrieval.py``;
            and of benchmarks of a task, which have ``"zoo_results"``: a mapping of
            ``"weights_sha256"``, and of ``"rows"`` to a list of what `TaskResult` holds.
        hashes: SHA-256 of the files that these weights are or were in: a benchmark records that of
            the weights it used, so nobody need say which figures are whose.
        results: What is known without them.

    Raises:
        ConfigError: If a file is of another benchmark, or not of these weights.
    """
    for path in files:
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            if "zoo_results" in record:
                results = _with_task(results, record, path, hashes)
                continue
            networks = record["networks"].items()
            ours = [name for name, about in networks if about.get("weights_sha256") in hashes]
            if not ours:
                raise _of_others(path, hashes)
            if record["benchmark"] == "cath/denoising":
                results = replace(results, **_denoising(record, ours[0]))
            elif record["benchmark"] == "scop/retrieval":
                results = replace(results, **_retrieval(record, ours[0]))
            else:
                raise ConfigError(f"{path}: {record['benchmark']} is not denoising or retrieval")
        except OSError as error:
            raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
        except ValidationError as error:
            raise ConfigError(f"{path}: zoo_results: {problems(error)}") from error
        except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
            raise ConfigError(f"{path}: not as a benchmark writes it: {error!r}") from error
    return results


def _of_others(path: Path, hashes: frozenset[str]) -> ConfigError:
    ours = ", ".join(sorted(hashes))
    return ConfigError(f"{path}: has no figures of weights with these SHA-256: {ours}")


def _with_task(
    results: Results, record: Mapping[str, Any], path: Path, hashes: frozenset[str]
) -> Results:
    measured = record["zoo_results"]
    if measured["weights_sha256"] not in hashes:
        raise _of_others(path, hashes)
    rows = TypeAdapter(tuple[TaskResult, ...]).validate_python(measured["rows"])
    about = f"{results.task_on} {_origin(record)}".lstrip()
    return replace(results, task_on=about, task=(*results.task, *rows))


def _denoising(record: Mapping[str, Any], network: str) -> dict[str, Any]:
    settings = record["settings"]
    about = (
        f"{settings['domains']} test domains of topologies that were not trained on, "
        f"{settings['noise_seeds']} draws of noise each; RMSD of CA after superposition, before "
        f"and after one step. {_origin(record)}"
    )
    rows = [
        DenoisingResult(
            sigma=float(sigma),
            error=at["unit_noise_error"]["one step"]["mean"],
            rmsd_perturbed=at["rmsd"]["perturbed"]["mean"],
            rmsd_denoised=at["rmsd"]["one step"]["mean"],
        )
        for sigma, at in record["one_step"][network].items()
    ]
    rows.sort(key=lambda row: -row.sigma)
    return {"denoising_on": about, "denoising": tuple(rows)}


def _retrieval(record: Mapping[str, Any], network: str) -> dict[str, Any]:
    test = record["test"]
    about = (
        "Each SCOPe test domain, of folds that were not trained on, searches the others: share of "
        "relatives before the first domain of another fold, and whether the nearest is of its "
        f"superfamily ({test['queries']['top1']} queries). {_origin(record)}"
    )
    searches = record["searches"]
    labels = [(f"{name}: {searches[name]}", name) for name in (network, "untrained")]
    rows = [
        RetrievalResult(
            label if name != network else searches[name],
            **{key: mean(run[key] for run in test["figures"][label]) for key in MEASURES},
        )
        for label, name in labels
    ]
    return {"retrieval_on": about, "retrieval": tuple(rows)}


def _origin(record: Mapping[str, Any]) -> str:
    commit, *changed = record["commit"].split("-")
    return f"`{record['command']}` at commit {'-'.join([commit[:7], *changed])}."
