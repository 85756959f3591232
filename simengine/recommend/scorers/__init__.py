"""Scorers of items for users: the contract, and one file per scorer."""
