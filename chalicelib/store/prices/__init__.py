"""Reading what pays for a place beside money."""
