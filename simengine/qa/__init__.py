"""Answers with their evidence: FAQ matching, passages, verdicts, abstention, follow-up questions."""
