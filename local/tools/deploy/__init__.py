"""`make deploy`: from this folder to a deployment that answers, with every check before it.

stage.py reads what is to be deployed, secrets.py keeps its secrets in SSM, rights.py says what
each key of Stripe may do, checks.py and stripe_checks.py look whether the world is ready, stack.py
speaks with CloudFormation, releases.py remembers what was deployed, smoke.py visits the result,
failures.py shows what failed for good, owed.py says whether it may be taken away, desk.py is who
sits there, __main__.py is the command line.
"""
