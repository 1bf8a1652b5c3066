"""Numbers that can be checked: each is measured beside a peer, in the same run."""
