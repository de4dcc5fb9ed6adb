"""Money and claims given up: releases, refunds, leaving, work over all debts of a term."""
