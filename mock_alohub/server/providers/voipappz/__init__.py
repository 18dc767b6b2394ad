"""VoipAppz' REST API."""
