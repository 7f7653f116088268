"""Sites on the partners of docking-benchmark complexes, in the shape that binds and on their own.

    python benchmarks/sites/complexes.py --weights sites_base --data-root FOLDER

Labels are computed from the bound complexes (`files/1AY7_r_b.pdb` with `1AY7_l_b.pdb`). Told is
where each chain binds, shown on its own: in the bound structure, and in that of the free protein;
figures are of the residues that are in both. (Of the antibody of 1FSK both are one structure.)

Chains that resemble one that the task was trained, stopped or calibrated on (Train_335 of GraphPPIS
and the PPBS chains before) are left out of a second row: their best local alignment with one of
these has an E-value of 0.001 or less. The network beneath saw other structures without labels,
among which relatives of all of these chains may be.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

# What the benchmarks share lies in this checkout; the package is the one that is installed.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from benchmarks.common import Run, make_parser, print_table
from benchmarks.common.alignment import closest
from benchmarks.common.sites import load_graphppis, load_ppbs
from benchmarks.sites.partners import STATES, Partner, read_partners
from benchmarks.sites.training import SITE
from proteingraph.assess import predict_sites
from proteingraph.assess.sites import open_sites
from proteingraph.io.alphabet import decode_sequence
from proteingraph.tasks.metrics import measure

RELATED = 1e-3  # E-value
MEASURES = ("positives", "auprc", "auroc")  # the share of sites is the AUPRC of guessing
LENGTHS = {"under 100": (0, 100), "100 to 200": (100, 201), "over 200": (201, np.inf)}

Record = dict[str, Any]
Probabilities = Mapping[str, NDArray[np.float32]]  # of a partner's M residues in each state


def trained_on(root: Path) -> dict[str, str]:
    """Sequences of the chains of Train_335 and PPBS, those to validate with too, by name."""
    known = {}
    for packs in (load_graphppis(root), load_ppbs(root, backbone=False)):
        for split in ("train", "validation"):
            pack = packs[split].pack
            types = np.split(pack.residue_type, pack.starts[1:-1])
            known |= dict(zip(pack.names.tolist(), map(decode_sequence, types), strict=True))
    return known


def judge(partners: Sequence[Partner], told: Sequence[Probabilities], state: str) -> Record:
    """Measures over all residues together, and means over the chains that have sites."""

    def both(site: NDArray[np.bool_], values: NDArray[np.float32]) -> Record:
        found = measure(SITE, torch.from_numpy(values), torch.from_numpy(site.astype(np.float32)))
        return {name: found[name] for name in MEASURES}

    sites = [partner.site for partner in partners]
    values = [one[state] for one in told]
    each = [both(site, value) for site, value in zip(sites, values, strict=True) if site.any()]
    return {
        "pooled": both(np.concatenate(sites), np.concatenate(values)),
        "mean": {name: float(np.nanmean([one[name] for one in each])) for name in each[0]},
        "chains_with_sites": len(each),
    }


def by_length(
    partners: Sequence[Partner], told: Sequence[Probabilities], threshold: float
) -> list[Record]:
    """How many residues are called and how many are sites, of chains of three ranges of length."""
    rows = []
    for name, (least, below) in LENGTHS.items():
        mine = [n for n, one in enumerate(partners) if least <= len(one.sequence) < below]
        if not mine:
            continue
        row: Record = {"residues": name, "chains": len(mine)}
        row["site"] = float(np.concatenate([partners[n].site for n in mine]).mean())
        for state in STATES:
            called = [told[n][state] >= threshold for n in mine]
            row[state] = {
                "called": float(np.concatenate(called).mean()),
                "chains_mostly_called": sum(bool(one.mean() > 0.5) for one in called),
            }
        rows.append(row)
    return rows


def show(summaries: Record) -> None:
    """Print the tables."""
    rows = [
        [
            name,
            state,
            str(found["chains"]),
            *(f"{found[state][kind][m]:.3f}" for kind in ("pooled", "mean") for m in MEASURES),
        ]
        for name, found in summaries.items()
        for state in STATES
    ]
    measures = ("sites", "AUPRC", "AUROC")
    header = ["chains", "state", "number", *measures, *(f"{one}, mean" for one in measures)]
    print_table("Sites on both partners: over all residues, and means over chains", header, rows)
    for name, found in summaries.items():
        rows = [
            [
                one["residues"],
                str(one["chains"]),
                f"{one['site']:.3f}",
                *(f"{one[state]['called']:.3f}" for state in STATES),
                *(str(one[state]["chains_mostly_called"]) for state in STATES),
            ]
            for one in found["by_length"]
        ]
        header = ["residues of a chain", "chains", "sites", *(f"called, {s}" for s in STATES)]
        header += [f"chains mostly called, {state}" for state in STATES]
        print_table(f"Shares called at the task's threshold, {name}", header, rows)


def describe(partner: Partner, known: Mapping[str, str]) -> Record:
    """What a record says of a chain, and of the chain trained on that it resembles most."""
    nearest, e_value = closest(partner.sequence, known)
    return {
        "complex": partner.complex,
        "side": partner.side,
        "chain": partner.chain,
        "residues": len(partner.sequence),
        "compared": len(partner.site),
        "sites": int(partner.site.sum()),
        "nearest_trained_on": nearest,
        "e_value": e_value,
    }


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = make_parser(__doc__ or "")
    arguments = parser.parse_args(argv)
    if arguments.data_root is None or len(arguments.weights) != 1:
        parser.error("name the folder of the corpus by --data-root, and one task by --weights")
    return arguments


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    arguments = parse(argv)
    run = Run(__file__, arguments, argv)
    task = open_sites(arguments.weights[0])
    with run.timed("labels"):
        partners = list(read_partners(arguments.data_root / "files"))
    with run.timed("relatives"):
        known = trained_on(arguments.data_root)
        records = [describe(partner, known) for partner in partners]
    with run.timed("predictions"):
        files = dict.fromkeys(path for one in partners for path in one.files.values())
        values = {path: predict_sites(path, task) for path in files}
    told = [
        {state: values[one.files[state]].values[rows] for state, rows in one.rows.items()}
        for one in partners
    ]
    threshold = values[partners[0].files["bound"]].threshold
    free = [n for n, record in enumerate(records) if record["e_value"] > RELATED]
    summaries: Record = {}
    for name, numbers in (("all", range(len(partners))), ("no relative trained on", free)):
        mine, theirs = [partners[n] for n in numbers], [told[n] for n in numbers]
        if any(one.site.any() for one in mine):
            judged = {state: judge(mine, theirs, state) for state in STATES}
            lengths = by_length(mine, theirs, threshold)
            summaries[name] = {"chains": len(mine), **judged, "by_length": lengths}
    for record, partner, one in zip(records, partners, told, strict=True):
        for state in STATES:
            record[state] = {"called": float((one[state] >= threshold).mean())}
            if partner.site.any():
                record[state] |= judge([partner], [one], state)["pooled"]
    show(summaries)
    about = {"name": task.name, "fingerprint": task.fingerprint, "threshold": threshold}
    run.write(task=about, sets=summaries, chains=records)


if __name__ == "__main__":
    main()
