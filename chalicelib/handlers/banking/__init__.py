"""The door of suspense."""
