"""WHAT HAPPENS: one function per act of a person or of the clock. Flows never import flows."""
