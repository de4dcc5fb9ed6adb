"""Acts on tasters, applications and offers."""
