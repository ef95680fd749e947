"""The upper building as a Django app."""

from django.apps import AppConfig


class ClosingConfig(AppConfig):
    name = "closing"
    verbose_name = "The closing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make our Celery app the current one, wherever a task is rung for."""
        from closing import celery  # noqa: F401
