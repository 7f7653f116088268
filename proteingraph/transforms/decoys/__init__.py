"""Transforms that turn native structures into decoys, and label these with their quality."""

from __future__ import annotations

from proteingraph.transforms.decoys.gaussian_decoy import GaussianDecoy
from proteingraph.transforms.decoys.normal_mode_decoy import NormalModeDecoy
from proteingraph.transforms.decoys.quality_labels import QualityLabels
from proteingraph.transforms.decoys.segment_rotation import SegmentRotation
from proteingraph.transforms.decoys.segment_shift import SegmentShift

__all__ = [
    "GaussianDecoy",
    "NormalModeDecoy",
    "QualityLabels",
    "SegmentRotation",
    "SegmentShift",
]
