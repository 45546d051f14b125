"""Keep today's contracts as what was promised: `make release`, once per release.

From then on `make check` compares `api/` with them (tools/breaking.py).
"""

import shutil

from tools.breaking import API, JUDGES, RELEASED


def main() -> None:
    for contract in JUDGES:
        kept, today = RELEASED / contract, API / contract
        if today.is_dir():
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(today, kept)
        else:
            shutil.copyfile(today, kept)
        print(f"api/released/{contract}")


if __name__ == "__main__":
    main()
