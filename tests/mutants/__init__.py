"""Mutants: small faults put into a copy of the program, to see whether the quick tests notice each of them."""
