"""Why two texts score as they do."""
