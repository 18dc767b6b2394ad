"""The mock Alohub: control API, REST of the provider, recordings."""
