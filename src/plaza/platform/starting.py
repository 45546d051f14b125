"""Why Plaza does not start, told to whoever started it."""


class CannotStart(Exception):
    """Its text is one plain sentence: what is wrong and what to do; it is shown without a trace."""
