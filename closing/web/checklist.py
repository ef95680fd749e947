"""The checklist as lawyers know it: the page, a cell changed in place, several rows at once, items added and withdrawn.

For the two counsel. Everything works without script; with it, only the table is changed.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from closing.actions.base import ActionRefused
from closing.actions.checklist import (
    StaleChange,
    add_item,
    change_items,
    move_item,
    put_back_item,
    withdraw_items,
)
from closing.papers.excel import excel_file
from closing.papers.word import word_file
from closing.pdf.uploads import MEDIA_TYPES
from closing.queries.checklist import SORTS, STATUSES, Asked, ChecklistPage, ChecklistRow, checklist_page
from closing.queries.checklist_papers import checklist_sheet, notice
from closing.rules.access import SIDES, Verb, check_may, why_not
from closing.rules.checklist import FIELD_NAMES, Field
from closing.web.access import Request, Seat, load_counsel_or_404
from closing.web.checklist_forms import CellForm, ItemForm
from closing.web.doing import is_done
from closing.web.downloads import attachment

NO_SUCH_ITEM = "There is no such item on this checklist."
OPENED_BEFORE = "The rows were chosen on an older page. Load it again, and choose once more; nothing was changed."


def asked_of(query: QueryDict) -> Asked:
    """What an address asks for; what makes no sense in it is left out."""
    sort, status = query.get("sort", ""), query.get("status", "")
    return Asked(
        part=query.get("part", ""),
        owes=query.get("owes", ""),
        status=status if status in STATUSES else "",
        section=query.get("section", ""),
        text=query.get("q", "").strip()[:200],
        sort=sort if sort in SORTS else "number",
        is_down=query.get("order") == "down",
        is_shared=query.get("list") == "shared",
    )


@require_safe
def checklist(request: Request, code: str) -> HttpResponse:
    """The list, filtered and sorted as the address says."""
    seat = load_counsel_or_404(request, code)
    page = checklist_page(seat.deal, seat.user, asked_of(request.GET))
    response = _page(request, seat, page)
    if request.headers.get("HX-Request"):
        # The address in the bar is the short one, whatever blanks the form sent.
        response["HX-Push-Url"] = f"{request.path}{page.asked.query}"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def checklist_change(request: Request, code: str, key: str, field: str) -> HttpResponse:
    """One cell: its form on a page of its own, or in its place; a POST changes it."""
    seat = load_counsel_or_404(request, code)
    asked = asked_of(request.GET)
    page = checklist_page(seat.deal, seat.user, Asked(is_shared=asked.is_shared))
    row = next((each for each in page.rows if each.key == key), None)
    if row is None or field not in FIELDS:
        raise Http404(NO_SUCH_ITEM)
    check_may({seat.role}, Verb.EDIT_CHECKLIST)
    of = FIELDS[field]
    value = _value(row, of)
    initial = {"seen": value, "value": value}
    form = CellForm(request.POST or None, field=of, deal=page.deal, initial=initial, auto_id=f"id_{key}_%s")
    if request.method == "POST" and form.is_valid() and _is_changed(seat, form, row, of):
        if request.headers.get("HX-Request"):
            fresh = checklist_page(seat.deal, seat.user, asked)
            return _page(request, seat, fresh, changed=f"{key}/{field}")
        return redirect(f"{reverse('checklist', args=[code])}{asked.query}#item-{key}")
    return _cell(request, form, row, field, page, asked)


@require_http_methods(["POST"])
def checklist_several(request: Request, code: str) -> HttpResponse:
    """Several rows at once: one part, one responsible party, or withdrawn."""
    seat = load_counsel_or_404(request, code)
    asked = asked_of(request.GET)
    chosen = list(dict.fromkeys(request.POST.getlist("item")))
    try:
        told = _do_several(seat, request.POST, chosen)
    except ActionRefused as refused:
        page = checklist_page(seat.deal, seat.user, asked)
        return _page(request, seat, page, refused=str(refused).splitlines(), chosen=chosen, status=422)
    messages.success(request, told)
    return redirect(f"{reverse('checklist', args=[code])}{asked.query}")


@require_http_methods(["GET", "HEAD", "POST"])
def checklist_add(request: Request, code: str) -> HttpResponse:
    """Add an item beyond the deal file."""
    seat = load_counsel_or_404(request, code)
    check_may({seat.role}, Verb.EDIT_CHECKLIST)
    page = checklist_page(seat.deal, seat.user, Asked())
    form = ItemForm(request.POST or None, deal=page.deal, initial={"part": request.GET.get("part", "")})
    if request.method == "POST" and form.is_valid():
        item = form.item()
        told = f"{item.title} is on the checklist."
        if is_done(request, form, lambda: add_item(seat.deal, item, seat.user, form=form.key), told):
            return redirect("checklist", code)
    context = {"form": form, "page": page}
    return render(request, "checklist/add.html", context, status=422 if form.errors else 200)


@require_POST
def checklist_put_back(request: Request, code: str, key: str) -> HttpResponse:
    """Put a withdrawn item back."""
    seat = load_counsel_or_404(request, code)
    put_back_item(seat.deal, key, seat.user)
    messages.success(request, "The item is on the checklist again.")
    return redirect("checklist", code)


@require_safe
def checklist_export(request: Request, code: str, which: str, ending: str) -> FileResponse:
    """The whole list as Word or Excel: `full` for the own side, `shared` for everybody."""
    seat = load_counsel_or_404(request, code)
    if which not in ("full", "shared") or ending not in ("docx", "xlsx"):
        raise Http404("There is no such list.")
    sheet = checklist_sheet(seat.deal, seat.user, SIDES[seat.role], is_shared=which == "shared")
    content = word_file(sheet) if ending == "docx" else excel_file(sheet)
    name = f"{seat.deal.code} closing checklist{', full list' if which == 'full' else ''}.{ending}"
    media_type = MEDIA_TYPES["docx"] if ending == "docx" else MEDIA_TYPES["xlsx"]
    return attachment(BytesIO(content), name, media_type)


# The last part of a cell's address, and the field.
FIELDS: Mapping[str, Field] = {
    "title": Field.TITLE,
    "part": Field.PART,
    "responsible": Field.OWED_BY,
    "number": Field.NUMBER,
}


def _value(row: ChecklistRow, field: Field) -> str:
    return {
        Field.TITLE: row.title,
        Field.PART: row.part,
        Field.OWED_BY: row.owed_by,
        Field.NUMBER: str(row.number),
    }[field]


def _is_changed(seat: Seat, form: CellForm, row: ChecklistRow, field: Field) -> bool:
    """Whether it is done; otherwise the form says why not, and a second try knows the value that is."""
    seen, value = form.cleaned_data["seen"], form.cleaned_data["value"]
    try:
        if field is Field.NUMBER:
            move_item(seat.deal, row.key, value, int(seen) if seen.isdecimal() else row.number, seat.user)
        else:
            change_items(seat.deal, field, value, {row.key: seen}, seat.user)
    except StaleChange as stale:
        form.add_error(None, f"{stale} Yours is below: save it over theirs, or cancel and keep theirs.")
        form.data = {"seen": _value(row, field), "value": str(value)}
        return False
    except ActionRefused as refused:
        form.add_error(None, str(refused))
        return False
    return True


def _do_several(seat: Seat, said: QueryDict, chosen: list[str]) -> str:
    """What was done, as a sentence."""
    if not chosen:
        raise ActionRefused("Choose rows first, by the boxes at their left.")
    count = f"{len(chosen)} item{'s' if len(chosen) > 1 else ''}"
    if said.get("do") == "withdraw":
        withdraw_items(seat.deal, chosen, said.get("reason", ""), seat.user)
        return f"{count} withdrawn."
    field = FIELDS.get(said.get("do", ""))
    if field not in (Field.PART, Field.OWED_BY):
        raise ActionRefused("Say what to do with the rows: set their part or responsible party, or withdraw them.")
    value = said.get("part" if field is Field.PART else "responsible", "")
    if not value.strip():
        raise ActionRefused(f"Say which {FIELD_NAMES[field]} the rows are to have.")
    done = change_items(seat.deal, field, value, _seen(said, field, chosen), seat.user)
    return f"{FIELD_NAMES[field].capitalize()} set for {done} of {count}."


def _seen(said: QueryDict, field: Field, chosen: list[str]) -> dict[str, str]:
    """What the page said of the chosen rows when it was made."""
    try:
        seen = json.loads(said.get("seen", ""))
        return {key: str(seen[key][0 if field is Field.PART else 1]) for key in chosen}
    except (ValueError, KeyError, TypeError, IndexError) as wrong:
        raise ActionRefused(OPENED_BEFORE) from wrong


def _page(
    request: Request,
    seat: Seat,
    page: ChecklistPage,
    *,
    changed: str = "",
    refused: list[str] | None = None,
    chosen: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "page": page,
        "query": page.asked.query,
        "full": replace(page.asked, is_shared=False).query or "?",
        "shared": replace(page.asked, is_shared=True).query,
        "notice": notice(page, SIDES[seat.role]),
        "seen": json.dumps(page.seen, separators=(",", ":")),
        "changed": changed,
        "refused": refused,
        "chosen": chosen or [],
        "why_no_change": "The deal has closed; its checklist is fixed." if page.is_closed else _why_not(seat),
    }
    response = render(request, "checklist/checklist.html", context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _why_not(seat: Seat) -> str:
    return why_not({seat.role}, Verb.EDIT_CHECKLIST)


def _cell(
    request: Request, form: CellForm, row: ChecklistRow, field: str, page: ChecklistPage, asked: Asked
) -> HttpResponse:
    context = {
        "form": form,
        "row": row,
        "field": field,
        "name": FIELD_NAMES[FIELDS[field]],
        "page": page,
        "query": asked.query,
    }
    if request.headers.get("HX-Request"):
        response = render(request, "checklist/cell.html", context)
        if form.errors:
            response["HX-Retarget"] = f"#cell-{row.key}-{field}"
            response["HX-Reswap"] = "innerHTML"
            response["HX-Reselect"] = "form"
        return response
    return render(request, "checklist/change.html", context, status=422 if form.errors else 200)
