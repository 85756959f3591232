"""Search: candidates by meaning and by words, fused, filtered, collapsed to documents."""
