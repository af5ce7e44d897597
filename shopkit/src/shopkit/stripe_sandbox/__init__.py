"""A stand-in for Stripe in development and tests: the part of its API that the shop uses."""
