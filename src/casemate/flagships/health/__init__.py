"""Health: does quitting smoking make people gain weight? NHEFS, re-derived behind every wall."""
