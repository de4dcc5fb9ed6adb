"""Doors of the treasurer: books and reconciliation."""
