"""Feed: what those one follows say, kept ready for whoever reads; it decides nothing itself."""
