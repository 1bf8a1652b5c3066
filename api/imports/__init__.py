"""Histories from elsewhere: files read by a mapping and lived through again, promise by promise."""
