"""Error pages in the look of the rest: what happened, and what to do next."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import requires_csrf_token

STALE = (
    "The page that you sent was out of date, or your browser keeps no cookies. "
    "Go back, load the page again and send it once more; nothing was recorded."
)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return render(request, "errors/400.html", status=400)


@requires_csrf_token
def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403, with the reason that the refusal carries."""
    reason = str(exception) if isinstance(exception, PermissionDenied) else ""
    return render(request, "errors/403.html", {"reason": reason}, status=403)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without a good token (Django's CSRF_FAILURE_VIEW)."""
    return render(request, "errors/403.html", {"reason": STALE}, status=403)


@requires_csrf_token
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404. It says the same of what is not there and of what one may not see."""
    return render(request, "errors/404.html", status=404)


@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    """500. The page asks nothing of the database, which may be what failed."""
    return render(request, "errors/500.html", status=500)
