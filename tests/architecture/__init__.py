"""Rules for the code itself, each with the words that name the remedy. None needs a server."""
