"""What every kind of stream shares: fact, kind, context, personal text, refusal."""
