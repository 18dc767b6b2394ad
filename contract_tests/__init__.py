"""The contract of a partner's endpoint as a pytest suite: `pytest contract_tests --alohub-url URL --alohub-key KEY`."""
