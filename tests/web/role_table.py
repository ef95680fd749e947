"""The table of what every role is answered at every address of the room."""

from dataclasses import dataclass

from django.urls import URLPattern, get_resolver, reverse

from tests.web.role_rows import (
    Args,
    announced,
    bank_booking,
    bank_line,
    bank_statement,
    bill,
    bill_with_paper,
    book,
    charter,
    check,
    close_user,
    consent,
    deal,
    deal_then,
    electronic,
    executed,
    fairbairns,
    first_version,
    flow,
    issue,
    issuer,
    letter,
    money_paper,
    move,
    note,
    nothing,
    of,
    own_list,
    packet,
    paper,
    payment,
    position,
    proposed,
    returned,
    returned_file,
    share_class,
    sheet,
    signed_page,
    signed_paper,
    two_versions,
    user,
    waiver,
    welcome,
    withdrawn_bill,
    word_version,
)
from tests.web.world import World


@dataclass(frozen=True)
class Row:
    """Statuses in the order of ROLES, for a GET and for a POST of an empty form.

    302 is a redirect (for the stranger: to the sign-in), 404 what one may not see, 403 what one may see and not do,
    405 what the address does not take, 422 a form with mistakes.
    """

    args: Args
    get: str
    post: str

    def url(self, world: World, name: str) -> str:
        """The address."""
        return reverse(name, args=self.args(world))


TABLE: dict[str, Row] = {
    "healthz": Row(nothing, "200 200 200 200 200 200 200 200", "405 405 405 405 405 405 405 405"),
    "home": Row(nothing, "302 302 302 302 302 302 302 302", "405 405 405 405 405 405 405 302"),
    "sign-in": Row(nothing, "302 302 302 302 302 302 302 200", "302 302 302 302 302 302 302 200"),
    "sign-out": Row(nothing, "405 405 405 405 405 405 405 302", "302 302 302 302 302 302 302 302"),
    "deals": Row(nothing, "200 200 200 200 200 200 200 302", "405 405 405 405 405 405 405 302"),
    "overview": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "conditions": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "condition": Row(deal("2(a)(vi)"), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "condition-act": Row(
        deal("2(a)(ii)", "sign-off"), "403 200 404 404 404 404 404 302", "403 422 404 404 404 404 404 302"
    ),
    "waivers": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "waiver": Row(deal("massachusetts"), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "waiver-send": Row(deal("massachusetts"), "405 405 405 405 405 405 405 302", "302 302 404 404 404 404 404 302"),
    "consent-paper": Row(of(paper), "200 200 200 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "what-if-consents": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "what-it-takes": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "cell": Row(of(fairbairns, "2(a)(vi)"), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "majorities": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "majority-propose": Row(deal("move-closing"), "200 200 404 404 404 404 404 302", "422 422 404 404 404 404 404 302"),
    "majority": Row(of(move), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "majority-answer": Row(of(move), "403 200 404 404 404 404 404 302", "403 422 404 404 404 404 404 302"),
    "majority-agree": Row(of(move), "405 405 405 405 405 405 405 302", "302 403 404 404 404 404 404 302"),
    "portal-proposal": Row(
        lambda world: [world.deal.code, position(world), move(world)],
        "404 404 200 404 404 404 404 302",
        "404 404 422 404 404 404 404 302",
    ),
    "waiver-answer": Row(of(waiver), "403 200 404 404 404 404 404 302", "403 422 404 404 404 404 404 302"),
    "consent-satisfied": Row(of(consent), "405 405 405 405 405 405 405 302", "409 409 404 404 404 404 404 302"),
    "fact-withdraw": Row(
        deal_then("payment", payment), "200 403 404 404 404 404 404 302", "422 403 404 404 404 404 404 302"
    ),
    "checklist": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "checklist-add": Row(deal(), "200 200 404 404 404 404 404 302", "422 422 404 404 404 404 404 302"),
    "checklist-several": Row(deal(), "405 405 405 405 405 405 405 302", "422 422 404 404 404 404 404 302"),
    "checklist-export": Row(deal("full", "docx"), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "checklist-import": Row(deal(), "200 200 404 404 404 404 404 302", "422 422 404 404 404 404 404 302"),
    "checklist-import-preview": Row(of(own_list), "200 404 404 404 404 404 404 302", "422 404 404 404 404 404 404 302"),
    "checklist-put-back": Row(
        deal("counsel-bill"), "405 405 405 405 405 405 405 302", "302 302 404 404 404 404 404 302"
    ),
    "checklist-change": Row(
        deal("counsel-bill", "title"), "200 200 404 404 404 404 404 302", "422 422 404 404 404 404 404 302"
    ),
    "documents": Row(deal(), "200 200 200 200 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "document": Row(
        deal("opinion-of-company-counsel"), "200 200 200 200 404 404 404 302", "422 422 403 403 404 404 404 302"
    ),
    "condition-note": Row(deal("2(a)(vi)"), "200 200 404 404 404 404 404 302", "422 422 404 404 404 404 404 302"),
    "document-note": Row(
        deal("opinion-of-company-counsel"), "200 200 404 404 404 404 404 302", "422 422 404 404 404 404 404 302"
    ),
    "document-move": Row(
        deal("opinion-of-company-counsel", "submit"),
        "200 403 404 404 404 404 404 302",
        "302 403 404 404 404 404 404 302",
    ),
    "note-withdraw": Row(of(note), "404 200 404 404 404 404 404 302", "404 422 404 404 404 404 404 302"),
    "document-version": Row(
        deal("opinion-of-company-counsel", 1), "200 200 200 200 404 404 404 302", "405 405 405 405 405 405 405 302"
    ),
    "pdf-copy": Row(word_version, "200 200 200 200 404 404 404 302", "302 302 403 403 404 404 404 302"),
    "pdf-copies": Row(
        deal("stock-purchase-agreement"), "302 302 302 302 404 404 404 302", "405 405 405 405 405 405 405 302"
    ),
    "document-compare": Row(two_versions, "200 200 200 200 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "pdf-hand-in": Row(first_version, "405 405 405 405 405 405 405 302", "409 409 404 404 404 404 404 302"),
    "version-freeze": Row(first_version, "200 200 404 404 404 404 404 302", "302 302 404 404 404 404 404 302"),
    "pages-carry-over": Row(signed_paper, "200 200 404 404 404 404 404 302", "422 422 404 404 404 404 404 302"),
    "document-executed": Row(
        deal("registration-rights-agreement"), "302 302 302 302 404 404 404 302", "302 302 403 403 404 404 404 302"
    ),
    "executed-version": Row(of(executed), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "books": Row(deal(), "200 200 200 200 404 404 404 302", "422 422 422 422 404 404 404 302"),
    "book-cancel": Row(of(book), "405 405 405 405 405 405 405 302", "302 302 404 403 404 404 404 302"),
    "book": Row(of(book), "200 200 404 200 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "funds-flow": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "funds-flow-freeze": Row(deal(), "200 200 404 404 404 404 404 302", "422 422 404 404 404 404 404 302"),
    "funds-flow-excel": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "funds-flow-version": Row(of(flow), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "funds-flow-agree": Row(of(flow), "405 405 405 405 405 405 405 302", "302 302 404 404 404 404 404 302"),
    "funds-flow-pdf": Row(of(flow), "405 405 405 405 405 405 405 302", "302 302 404 404 404 404 404 302"),
    "money-paper": Row(of(money_paper), "200 200 404 200 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "money-paper-state": Row(of(money_paper), "200 200 404 200 404 404 404 302", "302 302 404 302 404 404 404 302"),
    "signatures": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "signatures-release": Row(deal(), "200 200 404 404 404 404 404 302", "422 422 404 404 404 404 404 302"),
    "signature-packets": Row(deal(), "302 302 404 404 404 404 404 302", "302 302 404 404 404 404 404 302"),
    "packets-all": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "packet": Row(of(packet), "200 200 200 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "packet-cancel": Row(of(packet), "405 405 405 405 405 405 405 302", "302 302 404 404 404 404 404 302"),
    "packet-retry": Row(of(packet), "405 405 405 405 405 405 405 302", "302 302 404 404 404 404 404 302"),
    "returns": Row(deal(), "200 200 404 404 404 404 404 302", "422 422 404 404 404 404 404 302"),
    "returns-reading": Row(deal(), "302 302 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "returned-file-retry": Row(of(returned_file), "405 405 405 405 405 405 405 302", "302 302 404 404 404 404 404 302"),
    "returns-confirm": Row(deal(), "405 405 405 405 405 405 405 302", "302 302 404 404 404 404 404 302"),
    "returns-copies": Row(deal(), "405 405 405 405 405 405 405 302", "302 302 404 404 404 404 404 302"),
    "returns-tray": Row(deal(), "302 302 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "returned-page": Row(of(returned), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "returned-picture": Row(of(returned), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "returned-page-act": Row(
        of(returned, "set-aside"), "405 405 405 405 405 405 405 302", "302 302 404 404 404 404 404 302"
    ),
    "signatory": Row(deal("malcolm-fairbairn"), "200 200 404 404 404 404 404 302", "422 422 404 404 404 404 404 302"),
    "signature-withdraw": Row(
        deal("sprout", "registration-rights-agreement"),
        "200 200 404 404 404 404 404 302",
        "422 422 404 404 404 404 404 302",
    ),
    "signature-decline": Row(
        deal("malcolm-fairbairn", "stock-purchase-agreement"),
        "200 200 404 404 404 404 404 302",
        "422 422 404 404 404 404 404 302",
    ),
    "signing-send": Row(deal(), "200 200 404 404 404 404 404 302", "422 422 404 404 404 404 404 302"),
    "counterpart": Row(of(signed_page), "200 200 200 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    # What was kept of a signature is for counsel and for whoever signed: the joint owner sees the page, and not this.
    "signing-evidence": Row(of(electronic), "200 200 404 404 404 404 404 302", "302 302 404 404 404 404 404 302"),
    "signing": Row(deal(), "404 404 200 200 200 404 404 302", "405 405 405 405 405 405 405 302"),
    "signing-document": Row(of(charter), "404 404 404 404 200 404 404 302", "405 405 405 405 405 405 405 302"),
    "signing-text": Row(of(charter), "404 404 404 404 200 404 404 302", "404 404 404 404 302 404 404 302"),
    "signing-file": Row(of(charter), "404 404 404 404 200 404 404 302", "405 405 405 405 405 405 405 302"),
    "signing-sheet": Row(sheet, "404 404 404 404 200 404 404 302", "405 405 405 405 405 405 405 302"),
    "signing-sign": Row(of(charter), "404 404 404 404 200 404 404 302", "404 404 404 404 422 404 404 302"),
    "signing-decline": Row(of(charter), "404 404 404 404 200 404 404 302", "404 404 404 404 422 404 404 302"),
    "closing": Row(deal(), "200 200 404 404 404 404 404 302", "409 409 404 404 404 404 404 302"),
    "closing-statement": Row(deal(1), "404 404 404 404 404 404 404 302", "404 404 404 404 404 404 404 302"),
    "closing-take-back": Row(deal(), "405 405 405 405 405 405 405 302", "302 302 404 404 404 404 404 302"),
    "closing-item": Row(deal(1), "404 404 404 404 404 404 404 302", "404 404 404 404 404 404 404 302"),
    "record": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "mail": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "letter": Row(of(letter), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "letter-html": Row(of(letter), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "money": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "payment-record": Row(deal(), "200 403 404 404 404 404 404 302", "422 403 404 404 404 404 404 302"),
    "payment-return": Row(of(payment), "200 403 404 404 404 404 404 302", "422 403 404 404 404 404 404 302"),
    "fees": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "bill-record": Row(deal(), "200 200 404 404 404 404 404 302", "422 422 404 404 404 404 404 302"),
    "bill-file": Row(of(bill_with_paper), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "payment-split": Row(deal(), "200 403 404 404 404 404 404 302", "422 403 404 404 404 404 404 302"),
    "payment-again": Row(of(payment), "200 403 404 404 404 404 404 302", "422 403 404 404 404 404 404 302"),
    "payment-clear": Row(of(check), "200 403 404 404 404 404 404 302", "302 403 404 404 404 404 404 302"),
    "refund-record": Row(of(fairbairns), "200 403 404 404 404 404 404 302", "422 403 404 404 404 404 404 302"),
    "instructions": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "instructions-propose": Row(deal(), "200 403 404 404 404 404 404 302", "422 403 404 404 404 404 404 302"),
    # Company counsel proposed them: he puts them in force himself no more than a stranger does.
    "instructions-confirm": Row(of(proposed), "403 200 404 404 404 404 404 302", "403 422 404 404 404 404 404 302"),
    "instructions-reject": Row(of(proposed), "200 200 404 404 404 404 404 302", "422 422 404 404 404 404 404 302"),
    "bank": Row(deal(), "200 404 404 404 404 404 404 302", "422 404 404 404 404 404 404 302"),
    "bank-statement": Row(of(bank_statement), "200 404 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "bank-confirm": Row(of(bank_statement), "405 405 405 405 405 405 405 302", "302 404 404 404 404 404 404 302"),
    "bank-ignore-rest": Row(of(bank_statement), "405 405 405 405 405 405 405 302", "302 404 404 404 404 404 404 302"),
    "bank-line": Row(of(bank_line), "200 404 404 404 404 404 404 302", "422 404 404 404 404 404 404 302"),
    "bank-line-ignore": Row(of(bank_line), "200 404 404 404 404 404 404 302", "422 404 404 404 404 404 404 302"),
    "bank-undo": Row(of(bank_booking), "200 404 404 404 404 404 404 302", "422 404 404 404 404 404 404 302"),
    "bill-pay": Row(of(bill), "200 403 404 404 404 404 404 302", "422 403 404 404 404 404 404 302"),
    "bill-net": Row(of(bill), "200 403 404 404 404 404 404 302", "422 403 404 404 404 404 404 302"),
    "bill-reverse": Row(of(bill), "200 403 404 404 404 404 404 302", "422 403 404 404 404 404 404 302"),
    "bill-credit": Row(of(bill), "403 200 404 404 404 404 404 302", "403 422 404 404 404 404 404 302"),
    "bill-write-off": Row(of(bill), "403 200 404 404 404 404 404 302", "403 422 404 404 404 404 404 302"),
    "bill-paper": Row(of(bill), "403 200 404 404 404 404 404 302", "403 422 404 404 404 404 404 302"),
    "over-cap": Row(deal(), "403 200 404 404 404 404 404 302", "403 422 404 404 404 404 404 302"),
    "fee-withdraw": Row(withdrawn_bill, "403 200 404 404 404 404 404 302", "403 422 404 404 404 404 404 302"),
    "investors": Row(deal(), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "investor": Row(of(fairbairns), "200 200 404 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "portal": Row(deal(), "404 404 200 200 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "portal-investor": Row(of(position), "404 404 200 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "portal-signing": Row(of(position), "404 404 200 404 404 404 404 302", "404 404 302 404 404 404 404 302"),
    "portal-money": Row(of(position), "404 404 200 404 404 404 404 302", "405 405 405 405 405 405 405 302"),
    "portal-receipt": Row(of(position), "405 405 405 405 405 405 405 302", "404 404 302 404 404 404 404 302"),
    "announcement-withdraw": Row(announced, "404 404 200 404 404 404 404 302", "404 404 422 404 404 404 404 302"),
    "portal-payment": Row(of(position), "404 404 200 404 404 404 404 302", "404 404 422 404 404 404 404 302"),
    "portal-waiver": Row(
        of(position, "massachusetts"), "404 404 200 404 404 404 404 302", "404 404 422 404 404 404 404 302"
    ),
    "portal-representations": Row(
        of(position, "2(b)(i)"), "404 404 200 404 404 404 404 302", "404 404 422 404 404 404 404 302"
    ),
    "portal-sign-off": Row(
        of(position, "2(a)(vii)"), "404 404 200 404 404 404 404 302", "404 404 422 404 404 404 404 302"
    ),
    "cap-table": Row(nothing, "302 302 404 404 404 302 200 302", "405 405 405 405 405 405 405 302"),
    "cap-table-issuer": Row(issuer, "200 200 404 404 404 404 200 302", "405 405 405 405 405 405 405 302"),
    "share-class-add": Row(issuer, "404 404 404 404 404 404 200 302", "404 404 404 404 404 404 422 302"),
    "share-class": Row(share_class, "404 404 404 404 404 404 200 302", "404 404 404 404 404 404 422 302"),
    "ledger-record": Row(issue, "404 404 404 404 404 404 200 302", "404 404 404 404 404 404 422 302"),
    "users": Row(nothing, "404 404 404 404 404 404 200 302", "405 405 405 405 405 405 405 302"),
    "user-add": Row(nothing, "404 404 404 404 404 404 200 302", "404 404 404 404 404 404 422 302"),
    "user": Row(user, "404 404 404 404 404 404 200 302", "405 405 405 405 405 405 405 302"),
    "user-link": Row(user, "405 405 405 405 405 405 405 302", "404 404 404 404 404 404 200 302"),
    "user-act": Row(close_user, "405 405 405 405 405 405 405 302", "404 404 404 404 404 404 302 302"),
    "welcome": Row(welcome, "200 200 200 200 200 200 200 200", "200 200 200 200 200 200 200 200"),
}


def addresses() -> list[str]:
    """The names of all addresses of the room."""
    found = []
    for each in get_resolver().url_patterns:
        assert isinstance(each, URLPattern), "this table reads a flat list of addresses"
        assert each.name, f"{each.pattern} has no name"
        found.append(each.name)
    return found
