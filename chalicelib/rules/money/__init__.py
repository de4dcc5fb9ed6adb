"""Debts and what pays them: amounts, checkout, settling, parts of a fee."""
