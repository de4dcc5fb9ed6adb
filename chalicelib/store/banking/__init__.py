"""Reading money that came by hand."""
