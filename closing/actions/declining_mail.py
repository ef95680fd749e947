"""What counsel of both sides are told when a signatory declines: who, which document, why, and what to do next."""

from collections.abc import Sequence

from closing.actions.base import Act
from closing.actions.letters import letter, link_to
from closing.models import Declining, Reminder
from closing.queries.deals import counsel_of
from closing.queries.gates import gate_of
from closing.rules.evidence import SignedByAll
from closing.rules.terms import Deal
from closing.rules.words import at_time, listing


def queue_declined(act: Act, rows: Sequence[Declining]) -> None:
    """Tell counsel of both sides, as the tracker does, of pages of one document declined at once; not who did it."""
    gate, first = gate_of(act.deal, act.now), rows[0]
    document, blocks = first.page.deliverable, [row.page.block for row in rows]
    parties = list(dict.fromkeys(block.party for block in blocks))
    is_one = len(blocks) == 1
    hinges = _hinges(gate.deal, document.key)
    context = {
        "title": document.title,
        "pages": [(block.party, block.person) for block in blocks],
        "reason": first.reason,
        "recorded_by": "" if act.user is None or act.is_limited else str(act.user),
        "closing_at": at_time(gate.closing.at, gate.deal.closing.time_zone),
        "hinges": f"{listing(hinges)} {'is' if len(hinges) == 1 else 'are'} met" if hinges else "",
        "link": link_to(f"deals/{act.deal.code}/signatures/{f'by/{blocks[0].key}/' if is_one else '?state=declined'}"),
    }
    says = f"{listing(parties)} decline{'s' if len(parties) == 1 else ''} to sign the {document.title}"
    subject = f"{act.deal.name}: {says}"
    key = f"declined {first.pk}"
    Reminder.objects.bulk_create(
        letter(act.deal, user, "declined", context, key=key, subject=subject, at=act.now)
        for user in counsel_of(act.deal)
        if user != act.user
    )


def _hinges(of: Deal, document: str) -> list[str]:
    """The conditions that wait for every signature of the document."""
    return [
        each.section
        for each in of.conditions
        if isinstance(each.evidence, SignedByAll) and each.evidence.document == document
    ]
