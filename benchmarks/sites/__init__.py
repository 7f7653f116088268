"""Protein-protein-interaction sites."""
