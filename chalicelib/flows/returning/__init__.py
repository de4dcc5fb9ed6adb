"""Refunds, leaving, cancelled sessions and terms."""
