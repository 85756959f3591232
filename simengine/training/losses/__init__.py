"""Losses around those of sentence-transformers: adversarial, smoothness, distillation, weighting."""
