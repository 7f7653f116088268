"""Layers, encoders and heads."""

from __future__ import annotations

from proteingraph.nn.conv import ResidueConv
from proteingraph.nn.embeddings import Embeddings
from proteingraph.nn.encoders import CondResNet, GraphEncoder
from proteingraph.nn.gradient import EdgeGradient
from proteingraph.nn.noise_embedding import NoiseEmbedding
from proteingraph.nn.pooling import mean_and_deviation
from proteingraph.nn.readout import ProteinReadout
from proteingraph.nn.whitening import Whitening
from proteingraph.noise import NoiseSchedule

__all__ = [
    "CondResNet",
    "EdgeGradient",
    "Embeddings",
    "GraphEncoder",
    "NoiseEmbedding",
    "NoiseSchedule",
    "ProteinReadout",
    "ResidueConv",
    "Whitening",
    "mean_and_deviation",
]
