"""Doors for paying, for Stripe, and the clock's work on money."""
