"""Who has pages left to sign, and who was written to when, as counsel see it before they ask."""

from dataclasses import dataclass
from datetime import datetime

from closing.models import Deal, Declining, Reminder
from closing.queries.electronic import files_in_force
from closing.queries.gates import gate_of
from closing.queries.page_states import page_states
from closing.rules.invitations import Unsigned, unsigned_by_person
from closing.rules.signing_order import order_in_words

KEY = "sign "


@dataclass(frozen=True, slots=True)
class Asked:
    """One person with pages left to sign. `asked_at` is the last mail, `sent_at` when a page last went out."""

    name: str
    email: str
    pages: tuple[Unsigned, ...]
    asked_at: datetime | None
    sent_at: datetime | None

    @property
    def ready(self) -> tuple[Unsigned, ...]:
        """The pages that he can sign in the browser now."""
        return tuple(each for each in self.pages if not each.why_not)

    @property
    def waiting(self) -> tuple[Unsigned, ...]:
        """The pages that he cannot, each with the reason."""
        return tuple(each for each in self.pages if each.why_not)


@dataclass(frozen=True, slots=True)
class InvitationsPage:
    """Everybody who has pages left to sign. `orders` are (title, who signs after whom) where a document asks for it."""

    people: tuple[Asked, ...]
    orders: tuple[tuple[str, str], ...]
    time_zone: str
    is_closed: bool

    @property
    def has_asked(self) -> bool:
        """Whether somebody was written to already."""
        return any(each.asked_at for each in self.people)

    @property
    def suggested(self) -> set[str]:
        """Those who can sign something now and were not written to yet."""
        return {each.name for each in self.people if each.ready and each.asked_at is None}


def invitations_page(deal: Deal) -> InvitationsPage:
    """The people of `deal` with pages left. The number of queries is the same for every deal."""
    gate = gate_of(deal)
    refused = Declining.objects.filter(page__deal=deal, taken_back_at=None)
    declined = set(refused.values_list("page__deliverable__key", "page__block__key"))
    states = page_states(deal, gate)
    unsigned = unsigned_by_person(gate.deal, gate.facts, files_in_force(deal, gate.facts), declined, states.came_back)
    letters = Reminder.objects.filter(deal=deal, schedule_key__startswith=KEY).order_by("created_at")
    asked = dict(letters.values_list("email", "created_at"))
    emails = {each.name: each.email.lower() for each in gate.deal.people}
    found = []
    for name, pages in unsigned.items():
        went = [states.went.get(each.place, (None, None))[0] for each in pages]
        sent_at = max((at for at in went if at is not None), default=None)
        found.append(Asked(name, emails.get(name, ""), pages, asked.get(emails.get(name, "")), sent_at))
    orders = ((each.title, order_in_words(gate.deal, each)) for each in gate.deal.deliverables if each.signing_order)
    return InvitationsPage(tuple(found), tuple(orders), gate.deal.closing.time_zone, gate.is_closed)
