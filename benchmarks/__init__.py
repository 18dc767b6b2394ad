"""Measurements beside named peers, each in one run."""
