"""Losses around those of sentence-transformers: adversarial, smooth, distilled, weighted."""
