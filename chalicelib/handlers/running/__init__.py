"""Doors to groups and terms, public and administrator's."""
