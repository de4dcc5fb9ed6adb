"""The door of the bursary fund."""
