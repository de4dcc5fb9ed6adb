"""Money that comes by hand: recorded, matched by two, sent back."""
