"""mock-alohub: contract tests, a mock sender and load tests for telephony webhooks."""

__version__ = "0.1.0"
