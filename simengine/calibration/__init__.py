"""Scores become probabilities: fitted on labelled pairs, stored with how well they fit."""
