"""Paying: checkout, news of payments, parts of a fee."""
