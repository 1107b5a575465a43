"""Law: what the law says, on the day that is asked about, with its sources."""
