"""THE OUTSIDE: Stripe, SES, S3, the clock and ids, each behind a small Protocol."""
