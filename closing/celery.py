"""The Celery app; every module of closing.tasks is one that workers know."""

import os
import pkgutil
from importlib.util import find_spec

from celery import Celery
from celery.signals import task_prerun, worker_process_init
from django.db import close_old_connections, connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "closing.settings")


def _task_modules() -> list[str]:
    package = find_spec("closing.tasks")
    folders = package.submodule_search_locations if package else None
    if not folders:
        return []
    return [f"closing.tasks.{module.name}" for module in pkgutil.iter_modules(folders)]


app = Celery("closing")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.imports = _task_modules()

# A worker child keeps its connection from task to task: a new one for each costs as much as setting a packet. Celery
# closes it after so many tasks, Django where it is too old or no longer answers.
app.conf.CELERY_DB_REUSE_MAX = 100
_KEPT_SECONDS = 600


@worker_process_init.connect
def _keep_connections(**_: object) -> None:
    for alias in connections:
        connections.settings[alias]["CONN_MAX_AGE"] = _KEPT_SECONDS


@task_prerun.connect
def _look_at_connections(**_: object) -> None:
    close_old_connections()
