"""Two versions of a document, what changed between them marked."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from closing.actions.base import ActionRefused
from closing.models import Deliverable
from closing.pdf.comparison import EVERY_PAGE, Fold, Row
from closing.queries.comparisons import ComparisonPage, comparison_page, versions_to_compare
from closing.web.access import Request, load_deal_or_404
from closing.web.downloads import NOT_IN_STORE

NO_SUCH_VERSIONS = "There are no two such versions of this document, or they are not for you."


@require_safe
def document_compare(request: Request, code: str, key: str, old: int, new: int) -> HttpResponse:
    """What changed from one version to the other; `?old=1&new=3` leads to that pair."""
    seat = load_deal_or_404(request, code)
    asked = [_whole(request.GET.get(name, "")) for name in ("old", "new")]
    if all(asked):
        return redirect("document-compare", code, key, *asked)
    deliverable = Deliverable.objects.visible_to(seat.user).filter(deal=seat.deal, key=key).first()
    found = versions_to_compare(deliverable, old, new, seat.user) if deliverable else None
    if deliverable is None or found is None:
        raise Http404(NO_SUCH_VERSIONS)
    if old == new:
        raise ActionRefused("This is one and the same version. Choose two different ones to compare.")
    try:
        page = comparison_page(*found, _whole(request.GET.get("page", "")))
    except OSError as lost:
        raise ActionRefused(NOT_IN_STORE) from lost
    rows = [(row, *_neighbours(page, row)) for row in page.rows]
    context = {"document": deliverable, "page": page, "rows": rows, "every_page": EVERY_PAGE}
    return render(request, "documents/compare.html", context)


def _neighbours(page: ComparisonPage, row: Row | Fold) -> tuple[str, str]:
    """Where the changes before and after this one stand; blank for what is no change."""
    change = row.number if isinstance(row, Row) else None
    return (page.address_of(change - 1), page.address_of(change + 1)) if change else ("", "")


def _whole(text: str) -> int:
    """A number as it stands in an address; 0 for what is none."""
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 7 else 0
