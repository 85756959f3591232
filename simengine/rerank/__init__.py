"""Reranking with cross-encoders: relevance, stance, blending."""
