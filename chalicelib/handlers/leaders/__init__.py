"""Doors of leaders to their pay, and of who pays them."""
