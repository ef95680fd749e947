"""Every address of the closing room."""

from django.urls import URLPattern, URLResolver, path

from closing.web import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
]
