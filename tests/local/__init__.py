"""What runs the product on one machine."""
