"""Doors for Stripe, for the treasurer, and the clock's work on money."""
