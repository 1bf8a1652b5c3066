"""What may be asked, as data, and the one way of asking it."""
