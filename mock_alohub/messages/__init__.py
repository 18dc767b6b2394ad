"""What goes over the wire and comes back: messages, transmissions, attempts, policies, endpoints, keys."""
