"""The bursary fund."""
