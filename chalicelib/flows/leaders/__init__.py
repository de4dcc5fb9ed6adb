"""Acts on the pay of leaders: splits, runs, transfers, statements."""
