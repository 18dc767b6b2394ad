"""Alohaa's REST API."""
