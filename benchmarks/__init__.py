"""For numbers that can be checked: each measured beside a peer, in the same run."""
