"""How messages reach an endpoint."""
