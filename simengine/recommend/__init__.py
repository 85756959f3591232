"""Recommendations from texts and histories, with reasons."""
