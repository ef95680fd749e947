"""From where a request came, believed only as far as the settings say."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """The address of the browser; None where it cannot be told.

    Behind PROXIES proxies of one's own it is the address that the outermost of them saw: what stands before that in the
    header is the browser's own word, which could say anything.
    """
    if not settings.PROXIES:
        return _address(request.META.get("REMOTE_ADDR", ""))
    forwarded = [each.strip() for each in request.headers.get("X-Forwarded-For", "").split(",")]
    if len(forwarded) < settings.PROXIES:
        return None
    return _address(forwarded[-settings.PROXIES])


def _address(said: str) -> str | None:
    try:
        return str(ip_address(said))
    except ValueError:
        return None
