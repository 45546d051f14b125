"""What one can type after `plaza`: one file per command."""
