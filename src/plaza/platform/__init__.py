"""What Plaza says of itself, whatever runs on it."""
