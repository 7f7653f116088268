"""Model cards: the record of a set of weights as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from proteingraph.pretrain.model import WEIGHTS
from proteingraph.zoo.measured import Results
from proteingraph.zoo.record import HEAD, ModelRecord
from proteingraph.zoo.registry import model_record

__all__ = ["card_of", "model_card"]


def model_card(name: str) -> str:
    """What is known of shipped weights, as Markdown for people to read.

    Args:
        name: As `list_models` gives it, or the architecture alone.

    Raises:
        WeightsError: If there are no weights of that name.

    Example:
        >>> print(model_card("condresnet").splitlines()[0])
        # condresnet.pdb2018
    """
    return card_of(model_record(name))


def card_of(record: ModelRecord) -> str:
    """A record as Markdown."""
    parts = [
        f"# {record.name}",
        record.description,
        _list(_facts(record)),
        "## Intended use",
        record.use,
        "## Limits",
        "\n".join(f"- {limit}" for limit in record.limits),
        "## Training",
        _list(_training(record)),
        *_results(record.results),
    ]
    return "\n\n".join(parts) + "\n"


def _facts(record: ModelRecord) -> dict[str, str]:
    noise, task, base = record.noise, record.task, record.base
    levels = f"{noise.levels} levels from {noise.largest:g} to {noise.smallest:g} Å"
    tilt = "" if noise.tilt == 1 else f", small noise drawn more often (tilt {noise.tilt:g})"
    facts = {"parameters": f"{record.parameters:,} ({record.architecture})"}
    if task is not None:
        facts["predicts"] = f"{task.name} ({task.kind}) of each {task.level}"
        facts["predicts from"] = ", ".join(["the structure", *task.features])
    facts |= {
        "objective": record.objective,
        "noise": levels + tilt,
        "licence": record.licence,
        "file": f"{WEIGHTS}, {record.weights.size:,} bytes, {record.dtype}; outputs change by "
        f"{record.rounding:.1e} at most (relative) by storing them so",
        "SHA-256": f"`{record.weights.sha256}`",
    }
    if base is not None:
        facts["base"] = f"{base.name}: the file holds what differs from it (`{base.sha256}`)"
    if task is not None:
        facts["head"] = f"{HEAD}, {task.head.size:,} bytes (`{task.head.sha256}`)"
    return facts


def _training(record: ModelRecord) -> dict[str, str]:
    data, run, task = record.data, record.run, record.task
    trained = [f"{run.steps:,} steps" if run.steps else "no steps: read-out in closed form"]
    if run.residues:
        trained.append(f"{run.residues / 1e6:.3g} M residues")
    training = {
        "structures": f"{data.chains:,} chains: {data.description}",
        "their licence": data.licence,
        "held out": data.held_out,
        "caveat": data.caveat,
        "run": f"{', '.join(trained)}, {run.seconds / 60:.3g} minutes, seed {run.seed}",
        "hardware": run.hardware,
        "command": f"`{run.command}`",
        "commit": f"{run.commit}, torch {run.torch}",
    }
    if task is not None:
        training["seeds of results"] = ", ".join(map(str, task.seeds))
        training["validation"] = (
            f"{task.validation_chains:,} chains told when to stop, and calibrate"
        )
    if run.init is not None:
        training["started from"] = run.init
    return training


def _results(results: Results) -> Iterable[str]:
    if results.denoising:
        yield "## Denoising of held-out structures"
        yield f"{results.denoising_on} Error of the unit noise: 1 for predicting nothing."
        yield _table(
            ("noise (Å)", "error", "RMSD perturbed (Å)", "denoised (Å)"),
            [
                (
                    f"{row.sigma:g}",
                    f"{row.error:.3f}",
                    _figure(row.rmsd_perturbed),
                    _figure(row.rmsd_denoised),
                )
                for row in results.denoising
            ],
        )
    if results.retrieval:
        yield "## Search for relatives among held-out domains"
        yield results.retrieval_on
        yield _table(
            ("method", "family", "superfamily", "fold", "superfamily, nearest"),
            [
                (row.method, *map(_figure, (row.family, row.superfamily, row.fold, row.top1)))
                for row in results.retrieval
            ],
        )

    if results.task:
        names = list(dict.fromkeys(name for row in results.task for name in row.measures))
        yield "## Predictions of what was held out"
        yield f"{results.task_on} Means over runs, and their standard deviation."
        yield _table(
            ("structures", "track", *names, "runs"),
            [
                (
                    row.on,
                    row.track,
                    *(str(row.measures.get(name, "")) for name in names),
                    ", ".join(sorted({str(one.runs) for one in row.measures.values()})),
                )
                for row in results.task
            ],
        )


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _list(facts: dict[str, str]) -> str:
    return "\n".join(f"- **{name}**: {text}" for name, text in facts.items())


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
