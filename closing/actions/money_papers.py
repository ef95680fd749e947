"""Money papers: asked for with frozen content, and typeset and sealed in a worker."""

from datetime import timedelta
from typing import Any

from django.conf import settings

from closing.actions import events
from closing.actions.base import Act, ActionRefused, acting
from closing.actions.leases import CannotBeMade, Held, Queue
from closing.actions.sealing import seal_bytes
from closing.actions.stored_files import store
from closing.models import Allotment, Deal, MoneyPaper
from closing.pdf.money_papers import PaperCannotBeMade, PaperContent, content_of, set_money_paper
from closing.pdf.seals import CannotSeal
from closing.queries.money_papers import FOLDER, SUFFIX, of_allotment
from closing.rules.access import Verb
from closing.rules.words import at_time
from investors.models import User

LIVE = (MoneyPaper.State.QUEUED, MoneyPaper.State.MAKING, MoneyPaper.State.MADE)
ALTERED = "What is to be printed is not what was frozen. Ask for the paper again; if it stays so, tell the operator."


def request_money_paper(
    deal: Deal, by: User | None, kind: str, content: PaperContent, allotment: Allotment | None = None
) -> MoneyPaper:
    """Ask for a paper of that `MoneyPaper.Kind`; a receipt with the allotment that it is for.

    Equal content gives the row that there is. Ring for it with `closing.tasks.money_papers.ring`. Raises NotAllowed,
    also where an investor's contact asks for another's receipt or for a paper of counsel, and ActionRefused for an
    allotment of another deal.
    """
    with acting(deal, by, Verb.MAKE_RECEIPT if kind == MoneyPaper.Kind.RECEIPT else Verb.MAKE_MONEY_PAPER) as act:
        if allotment is not None:
            act.check_own([allotment.investor.name])
        return paper_for(act, kind, content, allotment)


def ask_again(paper: MoneyPaper, by: User | None) -> MoneyPaper:
    """Ask anew for a paper that could not be made. Raises as `request_money_paper` does."""
    return request_money_paper(paper.deal, by, paper.kind, content_of(paper.content), paper.allotment)


def paper_for(act: Act, kind: str, content: PaperContent, allotment: Allotment | None = None) -> MoneyPaper:
    """The same within an action under way, which has asked who may."""
    if (kind == MoneyPaper.Kind.RECEIPT) is (allotment is None):
        raise ActionRefused("A receipt is for one investor, and every other paper for counsel.")
    if allotment is not None and allotment.deal_id != act.deal.pk:
        raise ActionRefused("That investor is on another deal.")
    same = of_allotment(act.deal, kind, allotment).filter(content_key=content.key, state__in=LIVE).first()
    if same is not None:
        return same
    row = MoneyPaper.objects.create(
        deal=act.deal,
        allotment=allotment,
        kind=kind,
        title=content.title,
        content=content.as_json(),
        content_key=content.key,
        pages_total=1,
        requested_by=act.user,
        requested_at=act.now,
    )
    act.record("money-paper-requested", row, _named(row))
    return row


def _named(row: MoneyPaper) -> str:
    return f"{row.title} for {row.allotment.investor.name}" if row.allotment else row.title


def _told(row: MoneyPaper) -> None:
    if row.state == MoneyPaper.State.MADE:
        said = f"{_named(row)}: made and sealed"
        events.record(row.deal, None, "money-paper-made", row, said, data={"sha256": row.sha256})
    elif row.state == MoneyPaper.State.FAILED:
        said = f"{_named(row)}: could not be made"
        events.record(row.deal, None, "money-paper-failed", row, said, reason=row.error)


QUEUE: Queue[MoneyPaper] = Queue(MoneyPaper, timedelta(seconds=settings.MONEY_PAPER_LEASE_SECONDS), _told)


def make(pk: int) -> bool:
    """Make a money paper, if nobody else is at it. True if this call made it. In worker processes only."""
    return QUEUE.work(pk, _make)


def _make(held: Held[MoneyPaper]) -> dict[str, Any]:
    row = held.row
    content = content_of(row.content)
    if content.key != row.content_key:
        raise CannotBeMade(ALTERED)
    try:
        made = set_money_paper(content, made_on=at_time(row.requested_at, row.deal.time_zone))
        sealed = seal_bytes(made, f"{row.title} of {row.deal.name}")
    except (PaperCannotBeMade, CannotSeal) as refused:
        raise CannotBeMade(str(refused)) from refused
    kept = store(sealed, FOLDER, SUFFIX)
    return {"sha256": kept.sha256, "size": kept.size}
