"""What is asked by time and by events: clocks, duties, reactions, notifications."""
