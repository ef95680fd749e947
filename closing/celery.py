"""The Celery app; every module of closing.tasks is one that workers know."""

import os
import pkgutil
from importlib.util import find_spec

from celery import Celery

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
