"""Plaza: a social platform backend. Start reading at ARCHITECTURE.md."""
