"""Disputes and warnings of fraud: what they mean for entries, debt and seat."""
