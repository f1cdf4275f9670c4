"""Logs that the tests of the verifier and of witnesses make without a database."""
