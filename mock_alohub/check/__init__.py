"""The check of an endpoint: the rules, the harness that they run on, the order of a run, and the verdict."""
