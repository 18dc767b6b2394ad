"""Scenarios: what a file describes, the runs that are kept, and what runs them."""
