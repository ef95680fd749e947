"""Filing signed pages that came back: each where it belongs, seen by a person first.

Counsel confirms what was recognised, and says of the rest what it is. A page whose code was read is filed where the
code says, or set aside.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from django.core.files.storage import default_storage

from closing.actions.base import Act, ActionRefused, acting
from closing.actions.facts import put_on_file
from closing.actions.signatures import withdraw_signature
from closing.actions.stored_files import store
from closing.models import Counterpart, Deal, Declining, ReturnedPage, Signature, SignaturePage
from closing.pdf.turning import turn_quarter
from closing.queries.counterparts import FOLDER, SUFFIX, counterpart_name
from closing.queries.deals import deal_terms
from closing.queries.returned_files import PICTURE_SUFFIX, PICTURES, open_picture, open_upright
from closing.queries.returned_pages import SentPage, sent_pages
from closing.rules import facts
from closing.rules.access import Verb
from closing.rules.returns import NOT_OF_THIS_DEAL, Finding, is_plain, placed, why_not_assign
from closing.rules.words import number
from investors.models import User

State = ReturnedPage.State
GONE = "This page is in the tray no more. Load the page again."
MEANWHILE = "Somebody else filed this page as another one meanwhile. Look at it under what is filed."
ON_FILE = "This page is on file already, with a scan of it. Set this copy aside, or take back the other one first."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one page; `refused` says why it stayed where it was, blank where it did not."""

    page: ReturnedPage
    refused: str = ""


def confirm(page: ReturnedPage, by: User | None) -> ReturnedPage:
    """File a page as the signature that its code says, or that a person said it is.

    Filed already is filed. A signature recorded before by hand gets the page as its counterpart. Raises NotAllowed, and
    ActionRefused, with the reason kept beside the page, where it cannot be filed.
    """
    return _settled(page, by, lambda act, row: _file(act, row, _page_of(row)))


def confirm_recognised(
    deal: Deal, by: User | None, *, up_to: int, most: int = 200, seconds: float = 12.0
) -> list[Outcome]:
    """File the recognised pages of which nothing else is to be said, up to the id `up_to`: each for itself.

    What has to wait for the others in the signing order is tried again after them. After `most` pages or so many
    `seconds` the rest is left for the next time, and is not in the result. Raises NotAllowed.
    """
    until = time.monotonic() + seconds
    left = _plain(deal, up_to, most)
    done: list[Outcome] = []
    while left:
        tried = [_tried(row, by) for row in left if time.monotonic() < until]
        filed = [each for each in tried if not each.refused]
        done += filed
        left = [each.page for each in tried if each.refused]
        if not filed or time.monotonic() >= until:
            return done + [each for each in tried if each.refused]
    return done


def _plain(deal: Deal, up_to: int, most: int) -> list[ReturnedPage]:
    waiting = ReturnedPage.objects.filter(
        file__deal=deal, state=State.TO_CONFIRM, finding=Finding.RECOGNISED.value, is_compared=True, pk__lte=up_to
    )
    rows = list(waiting.select_related("file__deal", "page").order_by("pk")[:most])
    sent = sent_pages(deal, ids=[row.page_id for row in rows if row.page_id])
    return [
        row
        for row in rows
        if row.page is not None and is_plain(Finding(row.finding), sent[row.page.token].known(but=row.pk))
    ]


def _tried(row: ReturnedPage, by: User | None) -> Outcome:
    try:
        return Outcome(confirm(row, by))
    except ActionRefused as refused:
        return Outcome(row, str(refused))


def assign(page: ReturnedPage, to: SignaturePage, by: User | None) -> ReturnedPage:
    """File a page of the tray as the signature page that somebody saw it to be. Raises as `confirm` does."""

    def do(act: Act, row: ReturnedPage) -> None:
        if row.state != State.TRAY:
            raise ActionRefused(GONE)
        why = why_not_assign(row.codes, to.token)
        if why:
            raise ActionRefused(why)
        row.page, row.assigned_by = to, by
        _file(act, row, to)

    filed = _settled(page, by, do)
    if filed.page_id != to.pk:
        raise ActionRefused(MEANWHILE)
    return filed


def set_aside(page: ReturnedPage, reason: str, by: User | None) -> ReturnedPage:
    """Take a page off the list without filing it, with the reason. Raises NotAllowed, and ActionRefused."""
    with acting(page.file.deal, by, Verb.RETURN_PAGES) as act:
        row = _fresh(page)
        if row.state == State.SET_ASIDE:
            return row
        if row.state == State.FILED:
            raise ActionRefused("This page is filed. Take the filing back first.")
        if not reason.strip():
            raise ActionRefused("Say why it is set aside: whoever reads the file later will ask.")
        row.state, row.reason = State.SET_ASIDE, reason.strip()
        row.settled_at, row.settled_by = act.now, by
        row.save(update_fields=["state", "reason", "settled_at", "settled_by"])
        act.record("returned-page-set-aside", row, f"{_called(row)} was set aside", reason=row.reason)
        return row


def put_back(page: ReturnedPage, by: User | None) -> ReturnedPage:
    """Put a page that was set aside on the list again. Raises NotAllowed; ActionRefused for another deal's page."""
    with acting(page.file.deal, by, Verb.RETURN_PAGES) as act:
        row = _fresh(page)
        if row.state != State.SET_ASIDE:
            return row
        sent = sent_pages(act.deal, tokens=row.codes)
        found = placed(row.codes, {token: each.known() for token, each in sent.items()}, is_unsigned=False)
        if found.finding is Finding.UNKNOWN:
            raise ActionRefused(NOT_OF_THIS_DEAL)
        row.state, row.token = State(found.place.value), found.token
        row.page = sent[found.token].row if found.token else None
        row.settled_at = row.settled_by = None
        row.reason = ""
        row.save(update_fields=["state", "token", "page", "settled_at", "settled_by", "reason"])
        act.record("returned-page-put-back", row, f"{_called(row)} is on the list again")
        return row


def send_to_tray(page: ReturnedPage, by: User | None) -> ReturnedPage:
    """Take back what a person said that a page is: it goes to the tray, to be assigned anew.

    Raises NotAllowed, and ActionRefused for a page whose code was read.
    """
    with acting(page.file.deal, by, Verb.RETURN_PAGES) as act:
        row = _fresh(page)
        if row.state != State.TO_CONFIRM:
            raise ActionRefused("This page is not one to confirm. Load the page again.")
        if row.token:
            raise ActionRefused(why_not_assign(row.codes, ""))
        row.state, row.page, row.assigned_by, row.finding = State.TRAY, None, None, Finding.UNREAD.value
        row.reason = ""
        row.save(update_fields=["state", "page", "assigned_by", "finding", "reason"])
        act.record("returned-page-put-back", row, f"{_called(row)} is in the tray again")
        return row


def turn(page: ReturnedPage, by: User | None) -> ReturnedPage:
    """Turn a page of the tray a quarter clockwise: without its code nobody could tell which way up it is.

    Raises NotAllowed, and ActionRefused for a page that is no longer in the tray.
    """
    with acting(page.file.deal, by, Verb.RETURN_PAGES) as act:
        row = _fresh(page)
        if row.state != State.TRAY:
            raise ActionRefused(GONE)
        with open_upright(row) as upright, open_picture(row) as picture:
            turned = turn_quarter(upright.read(), picture.read())
        row.upright_sha256 = store(turned[0], FOLDER, SUFFIX).sha256
        row.picture_sha256 = store(turned[1], PICTURES, PICTURE_SUFFIX).sha256
        row.turned = (row.turned + 270) % 360
        row.save(update_fields=["upright_sha256", "picture_sha256", "turned"])
        act.record("returned-page-turned", row, f"{_called(row)} was turned a quarter")
        return row


def undo_filing(page: ReturnedPage, reason: str, by: User | None) -> ReturnedPage:
    """Take back the signature that a page was filed as: the page is to be confirmed again.

    Raises NotAllowed, and ActionRefused without a reason, and once the signature is released.
    """
    row = _fresh(page)
    if row.signature is None:
        raise ActionRefused("This page is not filed.")
    withdraw_signature(row.signature, reason, by)
    return _fresh(page)


def _settled(page: ReturnedPage, by: User | None, do: Callable[[Act, ReturnedPage], None]) -> ReturnedPage:
    """File a page under the deal's lock, or keep beside it why not. A page filed already is left as it is."""
    try:
        with acting(page.file.deal, by, Verb.RETURN_PAGES) as act:
            row = _fresh(page)
            if row.state == State.FILED:
                return row
            do(act, row)
            return row
    except ActionRefused as refused:
        waiting = ReturnedPage.objects.filter(pk=page.pk, state__in=[State.TRAY, State.TO_CONFIRM])
        waiting.update(reason=str(refused))
        raise


def _fresh(page: ReturnedPage) -> ReturnedPage:
    return ReturnedPage.objects.select_related("file__deal", "page", "signature").get(pk=page.pk)


def _page_of(row: ReturnedPage) -> SignaturePage:
    if row.state != State.TO_CONFIRM or row.page is None:
        raise ActionRefused("This page is not one to confirm. Load the page again.")
    return row.page


def _file(act: Act, row: ReturnedPage, page: SignaturePage) -> None:
    why = why_not_assign(row.codes, page.token)
    sent = sent_pages(act.deal, ids=[page.pk]).get(page.token)
    if why or sent is None:
        raise ActionRefused(why or NOT_OF_THIS_DEAL)
    if sent.has_scan:
        raise ActionRefused(ON_FILE)
    signature = sent.signature or _put_on_file(act, sent)
    Counterpart.objects.create(
        signature=signature,
        page=page,
        how=Counterpart.How.SCAN,
        sha256=row.upright_sha256,
        size=default_storage.size(counterpart_name(row.upright_sha256)),
        at=act.now,
    )
    row.state, row.signature, row.page, row.reason = State.FILED, signature, page, ""
    row.settled_at, row.settled_by = act.now, act.user
    row.save(update_fields=["state", "signature", "page", "reason", "settled_at", "settled_by", "assigned_by"])
    of = sent.row
    Declining.objects.filter(page__deliverable=of.deliverable, page__block=of.block, taken_back_at=None).update(
        taken_back_at=act.now
    )
    summary = f"{_called(row)} is filed: {of.deliverable.title}, {of.block.party}"
    data = {"sha256": row.upright_sha256, "token": page.token, "read": row.token, "version": sent.version}
    act.record("returned-page-filed", row, summary, data=data)


def _put_on_file(act: Act, sent: SentPage) -> Signature:
    block = sent.row.block
    said = facts.Signature(
        at=act.now,
        document=sent.row.deliverable.key,
        block=block.key,
        signer=block.signer or (block.party if block.individual else ""),
        title=block.title,
        version=sent.version,
    )
    act.check_may(Verb.RECORD_SIGNATURE)
    signature, _ = put_on_file(act, said, deal_terms(act.deal))
    assert isinstance(signature, Signature)
    return signature


def _called(row: ReturnedPage) -> str:
    return f"Page {number(row.number)} of {row.file.filename}"
