"""Answers with evidence, or an honest abstention."""
