"""Runs django-helpdesk in the current folder: ``prepare``, ``serve PORT`` or ``count``.

`prepare` makes the database with one public queue and prints where tickets are submitted; `serve`
becomes gunicorn, a worker of four threads per core; `count` prints how many tickets were stored.
"""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
WORKERS, THREADS = 2, 4
SUBMIT = "/tickets/submit_iframe/"
"""The public form for pages elsewhere: no session, no CSRF token, half the work of the API."""


def main(what: str, *arguments: str) -> None:
    """Do what is asked for."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
    if what == "serve":
        serve(*arguments)
    sys.path.insert(0, str(HERE))
    import django  # noqa: PLC0415 - a server process loads it itself

    django.setup()
    print(json.dumps({"prepare": prepare, "count": count}[what]()))


def prepare() -> dict[str, Any]:
    """Make the tables, the templates of mails, and a queue that anybody may submit to."""
    from django.core.management import call_command  # noqa: PLC0415 - only after the set-up
    from helpdesk.models import Queue  # noqa: PLC0415 - as above

    call_command("migrate", verbosity=0)
    call_command("loaddata", "emailtemplate.json", verbosity=0)
    queue = Queue.objects.create(title="Repairs", slug="repairs", allow_public_submission=True)
    server = f"gunicorn {version('gunicorn')}, {WORKERS} workers of {THREADS} threads"
    return {
        "queue": queue.id,
        "path": SUBMIT,
        "name": f"django-helpdesk {version('django-helpdesk')}, {server}",
    }


def count() -> dict[str, Any]:
    """How many tickets were stored."""
    from helpdesk.models import Ticket  # noqa: PLC0415 - only after the set-up

    return {"tickets": Ticket.objects.count()}


def serve(port: str) -> None:
    """Become the server."""
    command = [
        sys.executable, "-I", "-m", "gunicorn", "--bind", f"127.0.0.1:{port}",
        "--pythonpath", str(HERE), "--workers", str(WORKERS), "--worker-class", "gthread",
        "--threads", str(THREADS), "--log-level", "error",
        "django.core.wsgi:get_wsgi_application()",
    ]  # fmt: skip
    os.execv(sys.executable, command)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main(*sys.argv[1:])
