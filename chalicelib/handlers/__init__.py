"""DOORS: read input, know the caller, call one flow, shape the answer. No store, no rules."""

from chalice.app import Blueprint

from chalicelib.handlers import health

ALL: tuple[Blueprint, ...] = (health.door,)
