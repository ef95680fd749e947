"""Signed pages that came back on paper: handing in scans, confirming what was recognised, assigning the rest."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from closing.actions import return_filing as filing
from closing.actions.base import ActionRefused
from closing.actions.returns import HandedIn, hand_in, read_again
from closing.models import ReturnedFile, ReturnedPage, SignaturePage
from closing.queries import returns as queries
from closing.queries.returned_files import open_picture
from closing.queries.tray import tray_page
from closing.rules.returns import COPY_CAME, Place
from closing.tasks.returns import ring
from closing.web.access import Request, Seat, load_counsel_or_404
from closing.web.addresses import page_asked, words_asked
from closing.web.downloads import NOT_IN_STORE

NO_SUCH_PAGE = "No such page came back on this deal."
NO_FILE = "Choose the scans first: PDF, TIFF, PNG or JPEG files."
PICTURE_POLICY = "sandbox; default-src 'none'"


@require_http_methods(["GET", "HEAD", "POST"])
def returns(request: Request, code: str) -> HttpResponse:
    """What came back; a POST hands in scans."""
    seat = load_counsel_or_404(request, code)
    mistake = ""
    if request.method == "POST":
        files = request.FILES.getlist("files")
        if files:
            done = hand_in(seat.deal, files, seat.user)
            ring(done.taken)
            _tell(request, done)
            return redirect("returns", code)
        mistake = NO_FILE
    show = words_asked(request, "show")["show"]
    if show not in queries.SHOWS:
        raise Http404("There is no such list.")
    page = queries.returns_page(seat.deal, seat.user, show, page_asked(request))
    context = {"page": page, "reading": page.reading, "mistake": mistake, "kept": f"show={show}" if show else ""}
    return render(request, "returns/returns.html", context, status=422 if mistake else 200)


def _tell(request: Request, done: HandedIn) -> None:
    if done.taken:
        pages = sum(each.pages_total for each in done.taken)
        files = f"{len(done.taken)} file{'s' if len(done.taken) > 1 else ''}"
        messages.success(request, f"{files} handed in, {pages} page{'' if pages == 1 else 's'} to read.")
    for name, row in done.again:
        same = "it" if name == row.filename else f"the same file, as {row.filename},"
        told = f"{name} was not taken again: {same} was handed in on {row.requested_at:%B} {row.requested_at.day}."
        messages.warning(request, told)
    for name, why in done.refused:
        messages.error(request, f"{name} was not taken. {why}")


@require_safe
def reading(request: Request, code: str) -> HttpResponse:
    """How far the reading is, for the page that looks again; the page loads itself once all is read."""
    seat = load_counsel_or_404(request, code)
    if not request.headers.get("HX-Request"):
        return redirect("returns", code)
    found = queries.reading_of(seat.deal, seat.user)
    response = render(request, "returns/reading.html", {"reading": found})
    if not found.is_under_way:
        response["HX-Refresh"] = "true"
    return response


@require_POST
def retry(request: Request, code: str, pk: int) -> HttpResponse:
    """Read a file again that could not be read."""
    seat = load_counsel_or_404(request, code)
    row = ReturnedFile.objects.visible_to(seat.user).filter(deal=seat.deal, pk=pk).select_related("deal").first()
    if row is None:
        raise Http404("No such file was handed in on this deal.")
    try:
        ring([read_again(row, seat.user)])
    except ActionRefused as refused:
        messages.warning(request, str(refused))
    return redirect("returns", code)


@require_POST
def confirm_all(request: Request, code: str) -> HttpResponse:
    """File the recognised pages that the page showed when it was loaded, each for itself."""
    seat = load_counsel_or_404(request, code)
    said = request.POST.get("up_to", "")
    up_to = int(said) if said.isascii() and said.isdecimal() and len(said) < 18 else 0
    done = filing.confirm_recognised(seat.deal, seat.user, up_to=up_to)
    filed = sum(1 for each in done if not each.refused)
    if filed:
        messages.success(request, f"{filed} page{' is' if filed == 1 else 's are'} filed, in escrow.")
    for each in done:
        if each.refused:
            messages.warning(request, f"Page {each.page.number} of {each.page.file.filename} stays: {each.refused}")
    left = queries.waiting_in(seat.deal).recognised - sum(1 for each in done if each.refused)
    if filed and left > 0:
        messages.info(request, f"{left} more recognised pages wait. Look through them, and file them as well.")
    if not done:
        messages.info(request, "There is no recognised page to file. Look at each of the others by itself.")
    return redirect("returns", code)


@require_POST
def set_aside_copies(request: Request, code: str) -> HttpResponse:
    """Set aside the pages to confirm that came before."""
    seat = load_counsel_or_404(request, code)
    copies = ReturnedPage.objects.visible_to(seat.user).filter(
        file__deal=seat.deal, state=Place.TO_CONFIRM, finding=ReturnedPage.Finding.DUPLICATE
    )
    rows = list(copies.select_related("file__deal"))
    for row in rows:
        filing.set_aside(row, COPY_CAME, seat.user)
    messages.success(request, f"{len(rows)} cop{'y' if len(rows) == 1 else 'ies'} set aside.")
    return redirect("returns", code)


@require_safe
def tray(request: Request, code: str) -> HttpResponse:
    """The page of the tray to look at next; the list where the tray is empty."""
    seat = load_counsel_or_404(request, code)
    said = words_asked(request, "after")["after"]
    after = int(said) if said.isascii() and said.isdecimal() and len(said) < 18 else 0
    found = queries.next_in_tray(seat.deal, after)
    return redirect("returns", code) if found is None else redirect("returned-page", code, found)


@require_safe
def page(request: Request, code: str, pk: int) -> HttpResponse:
    """One page, big: in the tray beside the pages that it may be, else with what it was read as."""
    seat = load_counsel_or_404(request, code)
    row = _load_or_404(seat, pk)
    if row.state == Place.TRAY:
        found = tray_page(seat.deal, row, words_asked(request, "q")["q"])
        return render(request, "returns/tray.html", {"page": found, "row": found.row})
    return render(request, "returns/page.html", {"row": queries.one_page(row)})


@require_POST
def act(request: Request, code: str, pk: int, act: str) -> HttpResponse:
    """Confirm, assign, set aside, put back, take back, send to the tray or turn a page; then the next one opens."""
    seat = load_counsel_or_404(request, code)
    row = _load_or_404(seat, pk)
    if act not in ACTS:
        raise Http404("Nothing of that name is done with a page.")
    was_in_tray = row.state == Place.TRAY
    try:
        messages.success(request, ACTS[act](request, seat, row))
    except ActionRefused as refused:
        messages.warning(request, str(refused))
        return redirect("returned-page", code, pk)
    if act in ("to-tray", "turn"):
        return redirect("returned-page", code, pk)
    if was_in_tray and queries.next_in_tray(seat.deal) is not None:
        return redirect("returned-page", code, queries.next_in_tray(seat.deal, pk))
    return redirect("returns", code)


def _confirm(request: Request, seat: Seat, row: ReturnedPage) -> str:
    return f"{_filed(filing.confirm(row, seat.user))} is filed, in escrow."


def _assign(request: Request, seat: Seat, row: ReturnedPage) -> str:
    said = request.POST.get("page", "")
    pages = SignaturePage.objects.visible_to(seat.user).filter(deal=seat.deal)
    to = pages.filter(pk=int(said)).first() if said.isascii() and said.isdecimal() and len(said) < 18 else None
    if to is None:
        raise ActionRefused("Choose which page it is first.")
    return f"{_filed(filing.assign(row, to, seat.user))} is filed, in escrow."


def _set_aside(request: Request, seat: Seat, row: ReturnedPage) -> str:
    filing.set_aside(row, request.POST.get("reason", "")[:1000], seat.user)
    return f"Page {row.number} of {row.file.filename} is set aside."


def _put_back(request: Request, seat: Seat, row: ReturnedPage) -> str:
    filing.put_back(row, seat.user)
    return f"Page {row.number} of {row.file.filename} is on the list again."


def _undo(request: Request, seat: Seat, row: ReturnedPage) -> str:
    filing.undo_filing(row, request.POST.get("reason", "")[:1000], seat.user)
    return "The signature is taken back, and the page is to be confirmed again."


def _to_tray(request: Request, seat: Seat, row: ReturnedPage) -> str:
    filing.send_to_tray(row, seat.user)
    return "The page is in the tray. Say which page it is."


def _turn(request: Request, seat: Seat, row: ReturnedPage) -> str:
    filing.turn(row, seat.user)
    return "The page is turned a quarter."


ACTS: dict[str, Callable[[Request, Seat, ReturnedPage], str]] = {
    "confirm": _confirm,
    "assign": _assign,
    "set-aside": _set_aside,
    "put-back": _put_back,
    "undo": _undo,
    "to-tray": _to_tray,
    "turn": _turn,
}


def _filed(row: ReturnedPage) -> str:
    assert row.page is not None
    page = SignaturePage.objects.select_related("deliverable", "block").get(pk=row.page.pk)
    return f"{page.deliverable.title}, {page.block.party},"


@require_safe
def picture(request: Request, code: str, pk: int) -> FileResponse:
    """The picture of a page, to be shown in the room's own pages and to run nothing."""
    seat = load_counsel_or_404(request, code)
    row = _load_or_404(seat, pk)
    try:
        file = open_picture(row)
    except OSError as lost:
        raise ActionRefused(NOT_IN_STORE) from lost
    response = FileResponse(file, content_type="image/png")
    headers: dict[str, Any] = {
        "Content-Security-Policy": PICTURE_POLICY,
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, max-age=300",
    }
    for name, value in headers.items():
        response[name] = value
    return response


def _load_or_404(seat: Seat, pk: int) -> ReturnedPage:
    pages = ReturnedPage.objects.visible_to(seat.user).filter(file__deal=seat.deal, pk=pk)
    row = pages.select_related("file__deal", "page").first()
    if row is None:
        raise Http404(NO_SUCH_PAGE)
    return row
