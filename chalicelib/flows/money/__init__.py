"""Acts on debts and payments, and the proof of the books."""
