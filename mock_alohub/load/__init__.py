"""Load on an endpoint: calls that depart on a schedule of their own, counted exactly, and what came of them."""
