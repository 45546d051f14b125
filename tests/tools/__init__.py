"""The gates themselves: each is shown something it must refuse."""
