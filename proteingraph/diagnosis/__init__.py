"""What of the package works here, and what does not."""

from __future__ import annotations

from proteingraph.diagnosis.finding import Finding
from proteingraph.diagnosis.run import diagnose

__all__ = ["Finding", "diagnose"]
