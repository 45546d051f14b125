"""Real servers from wheels, run as children of Plaza: PostgreSQL, NATS and Valkey."""
