"""WHAT IS TRUE: pure functions and frozen dataclasses. No clock, environment, network or store."""
