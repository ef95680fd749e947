"""Closing books: what would be in one, asked for, watched, called off, fetched."""

from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from closing.actions.base import ActionRefused
from closing.actions.books import cancel_book, request_book
from closing.models import ClosingBook
from closing.queries.books import FOLDER, SUFFIXES
from closing.queries.books_page import BooksPage, books_page
from closing.queries.gates import gate_of
from closing.tasks.books import ring
from closing.web.access import Request, Seat, load_deal_or_404
from closing.web.addresses import words_asked
from closing.web.downloads import attachment
from closing.web.executed import open_made
from closing.web.forms_base import RoomForm

MEDIA_TYPES = {"pdf": "application/pdf", "folder": "application/zip"}
COUNSEL = "counsel"
"""Counsel's own book, among the investors' names in the form."""


class BookForm(RoomForm):
    """For whom a book is made, and as what."""

    recipient = forms.ChoiceField(label="For", choices=[], error_messages={"required": "Choose for whom it is."})
    form = forms.ChoiceField(
        label="As",
        choices=ClosingBook.Form.choices,
        initial=ClosingBook.Form.PDF,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose one PDF or a folder."},
    )

    def __init__(self, *args: object, seat: Seat, page: BooksPage, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        if seat.is_counsel:
            names = [(COUNSEL, "Counsel, with every document"), *((each, each) for each in page.recipients)]
        else:
            names = [(page.investor, page.investor)]
        self.fields["recipient"].choices = names  # type: ignore[attr-defined]
        if len(names) == 1:
            self.fields["recipient"].widget = forms.HiddenInput()
            self.initial["recipient"] = names[0][0]


@require_http_methods(["GET", "HEAD", "POST"])
def books(request: Request, code: str) -> HttpResponse:
    """The books and what one made now would hold; a POST asks for one."""
    seat = load_deal_or_404(request, code)
    page = _page(request, seat)
    form = BookForm(request.POST or None, seat=seat, page=page)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            whose = None if said["recipient"] == COUNSEL and seat.is_counsel else said["recipient"]
            book = request_book(seat.deal, seat.user, said["form"], whose)
        except ActionRefused as refused:
            form.add_error(None, str(refused))
        else:
            ring([book])
            is_made = book.state == ClosingBook.State.MADE
            messages.success(
                request, "This book is made already." if is_made else "The book is asked for. It appears below."
            )
            return redirect(_address(seat, page))
    own = () if seat.is_counsel or len(seat.investors) < 2 else seat.investors
    context = {"page": page, "form": form, "own": own, "here": _address(seat, page)}
    if request.headers.get("HX-Request"):
        return render(request, "books/list.html", context)
    return render(request, "books/books.html", context, status=422 if form.errors else 200)


@require_POST
def cancel(request: Request, code: str, pk: int) -> HttpResponse:
    """Call off a book that is not made yet."""
    seat = load_deal_or_404(request, code)
    book = _load_or_404(seat, pk)
    try:
        cancel_book(book, seat.user)
    except ActionRefused as refused:
        messages.warning(request, str(refused))
    else:
        whose = book.allotment.investor.name if book.allotment else "counsel"
        messages.success(request, f"The closing book for {whose} is cancelled.")
    return redirect("books", code)


@require_safe
def download(request: Request, code: str, pk: int) -> FileResponse:
    """The file of a book, as an attachment."""
    seat = load_deal_or_404(request, code)
    row = _load_or_404(seat, pk)
    if row.state != ClosingBook.State.MADE:
        raise Http404("This closing book is not made yet.")
    whose = f", {row.allotment.investor.name}" if row.allotment else ""
    suffix = SUFFIXES[row.form]
    file = open_made(FOLDER, str(row.sha256), suffix)
    return attachment(file, f"{seat.deal.name}, closing book{whose}{suffix}", MEDIA_TYPES[row.form])


def _load_or_404(seat: Seat, pk: int) -> ClosingBook:
    rows = ClosingBook.objects.visible_to(seat.user).filter(deal=seat.deal, pk=pk)
    found = rows.select_related("deal", "allotment__investor").first()
    if found is None:
        raise Http404("There is no such closing book, or it is not for you.")
    return found


def _address(seat: Seat, page: BooksPage) -> str:
    """The page's own address, with the investor whose it is."""
    query = f"?{urlencode({'for': page.investor})}" if page.investor else ""
    return f"{reverse('books', args=[seat.deal.code])}{query}"


def _page(request: Request, seat: Seat) -> BooksPage:
    """Counsel's page, or that of one of the user's own investors."""
    if seat.is_counsel:
        return books_page(seat.deal, gate_of(seat.deal), seat.user)
    asked = request.POST.get("recipient") or words_asked(request, "for")["for"]
    own = asked if asked in seat.investors else seat.investors[0]
    return books_page(seat.deal, gate_of(seat.deal), seat.user, own)
