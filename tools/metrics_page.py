"""docs/metrics.md, from the table of what /metrics tells."""

from plaza.app.metrics import FAMILIES, SHARED
from plaza.edge.rest.metrics import PROCESS

PAGE = """\
# Metrics

`GET /metrics` tells these in the text format of Prometheus. In development whoever is on this
machine may read them; otherwise the operator, as of `/v1/debug/vars`: by HTTP Basic
(`OPERATOR_USER`, `OPERATOR_PASSWORD`) or by an admin's access token.

    scrape_configs:
      - job_name: plaza
        scheme: https
        basic_auth: {username: ops, password_file: /run/secrets/operator_password}
        static_configs: [{targets: ["plaza.example"]}]

Whichever web process is asked answers for all that `plaza serve` runs; `process` says whose number
it is: `web-0`, `web-1`, `worker`. `sum without (process) (rate(plaza_requests_total[5m]))` is the
whole. What has no `process` is the same for all of them.

A route is its template, never a path: no id and no token gets here. What nobody routes is one
route, `unrouted`.

`plaza serve worker` by itself listens nowhere, so that nobody is told what it counts; its jobs, the
outbox, and how far its reactions are behind, any gateway tells. Several gateways tell the same of
those: take `max`.

This page is made from the table in `src/plaza/app/metrics.py` by `make generate`.

| metric | kind | labels | what it tells |
|---|---|---|---|
"""


def page() -> str:
    rows = []
    for family in sorted(FAMILIES, key=lambda each: each.name):
        labels = family.labels if family in SHARED else (PROCESS, *family.labels)
        shown = ", ".join(f"`{label}`" for label in labels)
        rows.append(f"| `{family.name}` | {family.kind} | {shown} | {family.sentence} |\n")
    return PAGE + "".join(rows)
