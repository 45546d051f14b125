"""The edges, with contexts made for tests behind them."""
