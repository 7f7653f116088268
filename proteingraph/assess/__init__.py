"""What trained tasks say of the residues of a structure: its quality, and where partners bind."""

from __future__ import annotations

from proteingraph.assess.prediction import ResiduePrediction
from proteingraph.assess.quality import QualityPrediction, predict_quality
from proteingraph.assess.sites import SitePrediction, predict_sites
from proteingraph.assess.task import NamedTask

__all__ = [
    "NamedTask",
    "QualityPrediction",
    "ResiduePrediction",
    "SitePrediction",
    "predict_quality",
    "predict_sites",
]
