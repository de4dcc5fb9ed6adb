"""Money by hand and suspense."""
