"""The tests, which mirror the house."""
