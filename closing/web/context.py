"""What the frame of every page shows: the deal and seat, the ways through it, the clock where it is simulated."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from closing.rules.access import Role
from closing.templatetags.words import moment
from closing.web.access import Seat
from investors import clock

# Label, the URL's name, and the other URL names whose pages lie under it.
COUNSEL_NAV: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Overview", "overview", ("closing", "closing-item", "closing-statement", "what-it-takes")),
    ("Conditions", "conditions", ("condition", "condition-act", "condition-note", "fact-withdraw")),
    (
        "Consents",
        "waivers",
        (
            "waiver",
            "waiver-answer",
            "what-if-consents",
            "majorities",
            "majority",
            "majority-propose",
            "majority-answer",
        ),
    ),
    (
        "Checklist",
        "checklist",
        ("checklist-add", "checklist-several", "checklist-change", "checklist-import", "checklist-import-preview"),
    ),
    ("Documents", "documents", ("document", "document-move", "document-note")),
    (
        "Signatures",
        "signatures",
        (
            "signatory",
            "signature-withdraw",
            "signature-decline",
            "signing-send",
            "signing-evidence",
            "returns",
            "returned-page",
        ),
    ),
    (
        "Money",
        "money",
        (
            "payment-record",
            "fees",
            "bill-record",
            "bill-pay",
            "bill-net",
            "bill-reverse",
            "bill-credit",
            "bill-write-off",
            "bill-paper",
            "over-cap",
            "fee-withdraw",
            "funds-flow",
            "funds-flow-freeze",
            "funds-flow-version",
            "money-paper-state",
            "payment-split",
            "payment-return",
            "payment-again",
            "payment-clear",
            "refund-record",
            "bank",
            "bank-statement",
            "bank-line",
            "bank-line-ignore",
            "bank-undo",
            "instructions",
            "instructions-propose",
            "instructions-confirm",
            "instructions-reject",
        ),
    ),
    ("Investors", "investors", ("investor", "cell")),
    ("Record", "record", ("mail", "letter")),
)
INVESTOR_NAV: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "Your closing",
        "portal",
        (
            "portal-investor",
            "portal-signing",
            "portal-money",
            "portal-payment",
            "announcement-withdraw",
            "portal-waiver",
            "portal-proposal",
            "portal-representations",
            "portal-sign-off",
        ),
    ),
    ("Documents", "documents", ("document",)),
)
SIGNING_NAV: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Signing", "signing", ("signing-document", "signing-text", "signing-sign", "signing-decline", "signing-evidence")),
)
ADMIN_NAV: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Cap table", "cap-table", ("cap-table-issuer", "share-class-add", "share-class", "ledger-record")),
    ("Users", "users", ("user-add", "user")),
)


@dataclass(frozen=True)
class NavItem:
    """One way at the top of the page."""

    label: str
    url: str
    is_current: bool


def room(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `seat`, `nav`, `clock_says`. Asks the database nothing."""
    seat: Seat | None = getattr(request, "seat", None)
    says = moment(clock.now(), seat.deal.time_zone if seat else "UTC") if clock.is_simulated() else ""
    return {"seat": seat, "nav": _nav(request, seat), "clock_says": says}


def _nav(request: HttpRequest, seat: Seat | None) -> list[NavItem]:
    here = request.resolver_match.url_name if request.resolver_match else None
    items = []
    for label, name, under in _ways(request, seat):
        url = reverse(name, args=[seat.deal.code] if seat else [])
        items.append(NavItem(label, url, here == name or here in under))
    return items


def _ways(request: HttpRequest, seat: Seat | None) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    if seat is not None:
        own = {Role.INVESTOR: INVESTOR_NAV, Role.SIGNATORY: ()}.get(seat.role, COUNSEL_NAV)
        return (*own, *(SIGNING_NAV if seat.signs else ()))
    user = getattr(request, "user", None)
    return ADMIN_NAV if getattr(user, "is_admin", False) else ()
