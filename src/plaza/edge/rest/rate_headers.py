"""What a rate limit leaves, as HTTP tells it (draft-ietf-httpapi-ratelimit-headers-10)."""

from functools import cache

from plaza.platform.rates import Rule, Standing


def rate_lines(standing: Standing) -> bytes:
    return _format(standing.rule) % (standing.left, standing.seconds)


@cache
def _format(rule: Rule) -> bytes:
    name = rule.name.encode()
    quota = b'ratelimit-policy: "%b";q=%d;w=%d\r\n' % (name, rule.calls, rule.seconds)
    return quota + b'ratelimit: "%b";r=%%d;t=%%d\r\n' % name
