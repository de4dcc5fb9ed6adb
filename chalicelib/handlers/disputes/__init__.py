"""The door of disputes."""
