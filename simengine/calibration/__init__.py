"""Turns scores into probabilities: fitted on labelled pairs, stored with their calibration error."""
