"""WHAT IS KEPT: tables, key formats, reads; commit.py is the only place that writes."""
