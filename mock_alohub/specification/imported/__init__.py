"""OpenAPI documents of anybody's: read with care, for they may be large, odd or hostile."""
