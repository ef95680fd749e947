"""The addresses of the closing room, and one more: the frame of a page, filled with nothing to a size."""

from functools import cache

from django.http import HttpResponse
from django.template import engines
from django.template.backends.django import Template
from django.urls import path

from closing.urls import urlpatterns as every_address
from closing.web.access import Request, load_counsel_or_404

FRAME = '{% extends "base.html" %}{% block content %}<p>{{ nothing }}</p>{% endblock %}'


@cache
def _template() -> Template:
    found = engines["django"].from_string(FRAME)
    assert isinstance(found, Template)
    return found


def filled(request: Request, code: str) -> HttpResponse:
    """The frame of every page of a deal, for counsel, and in it `?size=` characters."""
    load_counsel_or_404(request, code)
    return HttpResponse(_template().render({"nothing": "-" * int(request.GET["size"])}, request))


urlpatterns = [path("deals/<slug:code>/filled/", filled, name="filled"), *every_address]
