"""The lower building as a Django app."""

from django.apps import AppConfig


class InvestorsConfig(AppConfig):
    name = "investors"
    verbose_name = "People and holdings"
    default_auto_field = "django.db.models.BigAutoField"
