"""Alohub's REST API."""
