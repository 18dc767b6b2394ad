"""What happened in a call, in plain facts, and how realistic calls are drawn."""
