"""What inference gives besides: labels without training, contradictions, guarded duplicates, monitoring."""
