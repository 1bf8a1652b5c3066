"""What may be read: one module answers one question from its own tables."""
