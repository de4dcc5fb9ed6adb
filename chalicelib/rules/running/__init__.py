"""Groups, terms, dates, leaders, budgets, rosters."""
