"""Reading debts."""
