"""The mutants: small changes that break a promise, each with the test that must notice it."""
