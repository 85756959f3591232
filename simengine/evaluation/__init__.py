"""Evaluation of models: metrics by established libraries, confidence intervals, and comparisons of two models."""

from __future__ import annotations
