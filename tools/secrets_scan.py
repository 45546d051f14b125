"""No password, key or token in a tracked file. Nothing found is ever sent anywhere to be tried.

A line that only looks like a secret says so in a comment, for all to see:
`pragma: allowlist secret`. What a name in Python promises (`password = "..."`) ruff judges, S105
to S107: here it would be judged twice.
"""

import os
import sys
from collections.abc import Mapping

from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.plugins.base import BasePlugin
from detect_secrets.plugins.keyword import KeywordDetector
from detect_secrets.settings import transient_settings

from tools.tracked import ROOT, tracked

LOCKS = ("requirements.lock", "requirements-dev.lock")
"""Hashes, thousands of them; `tools.tree` judges these files."""

EXAMPLES = ("correct horse battery", "hunter2", "0af7651916cd43dd8448eb211c80319c")
"""What the whole world writes where a password or a trace (W3C Trace Context) goes."""


def findings() -> list[str]:
    """`file:line kind`, sorted."""
    known: Mapping[str, type[BasePlugin]] = get_mapping_from_secret_type_to_class()
    plugins = [{"name": known[kind].__name__} for kind in known]
    os.chdir(ROOT)
    found = SecretsCollection()
    with transient_settings({"plugins_used": plugins}):
        for file in tracked():
            if str(file) not in LOCKS:
                found.scan_file(str(file))
    return sorted(
        f"{file}:{secret.line_number} {secret.type}"
        for file, secret in found
        if not (secret.secret_value or "").startswith(EXAMPLES)
        and not (file.endswith(".py") and secret.type == KeywordDetector.secret_type)
    )


if __name__ == "__main__":
    suspects = findings()
    print("\n".join(suspects))
    sys.exit(1 if suspects else 0)
