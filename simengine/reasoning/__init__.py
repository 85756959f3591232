"""Uses of inference: zero-shot labels, contradictions, guarded duplicates, monitoring."""
