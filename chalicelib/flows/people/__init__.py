"""Acts of signing in and out, of set-up and of the circle's settings."""
