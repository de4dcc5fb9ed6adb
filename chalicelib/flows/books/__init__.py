"""The books: proof, reports, journal, costs, reconciliation."""
