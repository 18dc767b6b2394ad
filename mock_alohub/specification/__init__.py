"""`openapi.yaml` and `schemas/` as loaded: webhooks, validation, body templates, and documents of others."""
