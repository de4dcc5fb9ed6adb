"""People and roles, keys to doors, sign-in, limits, the circle's settings."""
