"""Doors for visitors, applicants and whoever decides on them."""
