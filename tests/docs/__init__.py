"""The documentation, written from the code where it can be and held to the code where it cannot."""
