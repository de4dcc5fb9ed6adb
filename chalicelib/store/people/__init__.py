"""Reading people and the circle."""
