"""`python -m tests.bench` lists the benchmarks; with a name it runs that one, a JSON line."""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "closing.settings")


def main() -> None:
    django.setup()
    from tests.bench.framework import known, row

    found = known()
    if len(sys.argv) == 1:
        print(json.dumps(list(found)))
    else:
        print(json.dumps(row(found[sys.argv[1]]).as_json()))


main()
