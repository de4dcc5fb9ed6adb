"""News of disputes, and a word of a person about a seat."""
