"""The addresses of the closing room, and one more: a page that shows nothing but its frame."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path

from closing.urls import urlpatterns as every_address
from closing.web.access import Request, load_counsel_or_404


def empty(request: Request, code: str) -> HttpResponse:
    """The frame of every page of a deal, for counsel: the same sign-in, seat and navigation."""
    load_counsel_or_404(request, code)
    return render(request, "base.html")


urlpatterns = [path("deals/<slug:code>/empty/", empty, name="empty"), *every_address]
