"""OMICall's REST API."""
