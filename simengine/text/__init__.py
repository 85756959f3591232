"""Text handling shared by the whole package: valid text and JSON, spelling folding, word splitting."""
