"""What an action refuses becomes a page with the reason, whichever view asked for it."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from closing.actions.base import ActionRefused
from closing.rules.access import NotAllowed


class Refusals:
    """Middleware: NotAllowed is a 403, ActionRefused that no form caught a 409, both with the reason."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nothing on the way through but an address with a NUL, which no row can have: Http404."""
        if "\0" in request.path_info:
            raise Http404
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The page for a refusal; None for whatever else went wrong."""
        if isinstance(exception, NotAllowed):
            return render(request, "errors/403.html", {"reason": str(exception)}, status=403)
        if isinstance(exception, ActionRefused):
            return render(request, "errors/409.html", {"reason": str(exception)}, status=409)
        return None
