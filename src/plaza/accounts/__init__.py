"""Accounts: who one is and how one proves it; never what others see of it."""
