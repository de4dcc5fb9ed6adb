"""Reading groups."""
