"""What an address asks for, read so that nothing in it can break a page."""

from django.http import HttpRequest

NUL = "\x00"  # PostgreSQL has no such letter, and a search for it would fail
LONGEST = 200


def words_asked(request: HttpRequest, *names: str) -> dict[str, str]:
    """The words of these parts of the address, each cut to what a search needs."""
    return {name: request.GET.get(name, "").replace(NUL, "").strip()[:LONGEST] for name in names}


def page_asked(request: HttpRequest) -> int:
    """The page asked for; one that is no number is the first."""
    said = request.GET.get("page", "1")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 9 else 1
