"""What a rate limit leaves, as HTTP tells it (draft-ietf-httpapi-ratelimit-headers-10)."""

from functools import cache

from plaza.edge.rest.messages import Headers
from plaza.platform.rates import Rule, Standing


def rate_headers(standing: Standing) -> Headers:
    quota, left = _formats(standing.rule)
    return [quota, (b"ratelimit", left % (standing.left, standing.seconds))]


@cache
def _formats(rule: Rule) -> tuple[tuple[bytes, bytes], bytes]:
    name = rule.name.encode()
    quota = b'"%b";q=%d;w=%d' % (name, rule.calls, rule.seconds)
    return (b"ratelimit-policy", quota), b'"%b";r=%%d;t=%%d' % name
