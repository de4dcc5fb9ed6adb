"""Doors of refunds and of leaving."""
