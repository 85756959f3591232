"""What the verbs give back, and the same as JSON."""
