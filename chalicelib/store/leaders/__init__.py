"""Reading what leaders earned and were paid."""
