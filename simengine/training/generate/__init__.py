"""NLI pairs by rule from texts without labels: `generate.generate_nli`; benchmark sets: `stress.stress_pairs`."""
