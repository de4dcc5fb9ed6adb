"""What people, banks, Stripe and the clock can do in a story: a module for each room, each act one
function of the story.

Every act answers a word for the trace, `NOBODY` when there was nobody to do it. Refusals and
trouble are answers as well: story.py takes them. What does not live here: which act comes next
(themes.py), what must hold (invariants.py, at_rest.py).
"""
