"""Amounts, debts, checkout, settling, refunds, the ledger and its proof."""
