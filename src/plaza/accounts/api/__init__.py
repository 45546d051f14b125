"""What other contexts, and every edge, may ask of accounts: one Protocol per noun."""
