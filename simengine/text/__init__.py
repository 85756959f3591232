"""Texts as such, whatever they are used for. The ground floor: imports nothing but the errors."""
