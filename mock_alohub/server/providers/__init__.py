"""The providers' REST APIs, one folder each, and what they share."""
