"""Acts on groups, terms, leaders and rosters."""
