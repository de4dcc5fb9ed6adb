"""Prices, bursaries, credits."""
