"""Entries, shares, the proof, reports, reconciliation."""
