"""Doors for signing in, for oneself, for set-up and settings."""
