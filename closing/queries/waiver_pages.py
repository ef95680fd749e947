"""The waivers of a deal: all of them, and one with every investor's answer."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from closing.models import Allotment, ConsentPaper, Deal, Reminder
from closing.queries.fact_kinds import KIND_OF_FACT
from closing.queries.facts import rows_of
from closing.queries.gates import gate_of
from closing.queries.on_file import OnFile, line
from closing.queries.waivers import consent_in_words, reach_in_words
from closing.rules import facts
from closing.rules.access import Role
from closing.rules.duties import asks_consent
from closing.rules.gate import Gate
from closing.rules.terms import Condition, Investor
from closing.rules.waivers import bound_by, is_for_closing
from closing.rules.words import number


@dataclass(frozen=True, slots=True)
class WaiverRow:
    """A waiver on the list. `unanswered` are the investors asked who have not; `is_open` where it may still bind."""

    key: str
    sections: tuple[str, ...]
    text: str
    reach: str
    effect: str
    asks: bool
    is_past: bool
    stands: bool
    unanswered: int


@dataclass(frozen=True, slots=True)
class WaiversPage:
    """All waivers, the latest first. `open` are those whose consents one may ask "what if" about."""

    now: datetime
    waivers: tuple[WaiverRow, ...]
    open: int
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer on file. `paper` is the file name of the written consent, blank where none is attached."""

    on_file: OnFile
    words: str
    condition: str
    is_satisfied: bool
    paper: str


@dataclass(frozen=True, slots=True)
class Asked:
    """An investor asked, where it stands, and its answers, the latest first."""

    pk: int
    name: str
    shares: int
    state: str
    is_bound: bool
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class WaiverPage:
    """One waiver. `sent` are the mails that told the investors of it, as (person, state, moment)."""

    now: datetime
    time_zone: str
    pk: int
    on_file: OnFile
    row: WaiverRow
    conditions: tuple[Condition, ...]
    investors: tuple[Asked, ...]
    sent: tuple[tuple[str, str, datetime], ...]
    is_closed: bool
    why_not_send: str


def schedule_key(waiver: str) -> str:
    """Under which the mails about a waiver are queued: once for each person."""
    return f"waiver-{waiver}"


def waivers_page(deal: Deal) -> WaiversPage:
    """Every waiver of `deal` now. The number of queries does not grow with the investors."""
    gate = gate_of(deal)
    rows = rows_of(KIND_OF_FACT[facts.Waiver], deal)
    found = tuple(_row(each, gate) for _, each in reversed(rows) if isinstance(each, facts.Waiver))
    hopeful = sum(1 for each in found if each.asks and each.stands and not each.is_past)
    return WaiversPage(gate.moment, found, hopeful, gate.deal.conditions)


def waiver_page(deal: Deal, key: str, roles: Iterable[Role]) -> WaiverPage:
    """One waiver of `deal` now. Raises KeyError for a key that no waiver has."""
    gate = gate_of(deal)
    kind = KIND_OF_FACT[facts.Waiver]
    pairs = [(pk, each) for pk, each in rows_of(kind, deal, key=key) if isinstance(each, facts.Waiver)]
    if not pairs:
        raise KeyError(key)
    pk, waiver = pairs[0]
    row = _row(waiver, gate)
    sent = Reminder.objects.filter(deal=deal, schedule_key=schedule_key(key)).order_by("id")
    return WaiverPage(
        now=gate.moment,
        time_zone=gate.deal.closing.time_zone,
        pk=pk,
        on_file=line(kind, pk, waiver, gate.deal, roles, ("", "")),
        row=row,
        conditions=tuple(gate.deal.condition_by_section[each] for each in waiver.sections),
        investors=_investors(deal, waiver, gate, roles),
        sent=tuple((each.person, each.get_state_display(), each.sent_at or each.due_at) for each in sent),
        is_closed=gate.is_closed,
        why_not_send=why_not_send(row, gate.is_closed),
    )


def why_not_send(row: WaiverRow, is_closed: bool) -> str:
    """Why the waiver is not sent to the investors, as a sentence; blank where it may be."""
    if is_closed:
        return "The deal has closed; waivers are answered no more."
    if not row.stands:
        return "The waiver was taken back."
    if not row.asks:
        return "It is the company’s own waiver, and needs nobody’s consent."
    if row.is_past:
        return "It does not reach the closing in force."
    return "" if row.unanswered else "Everybody has answered."


def _row(waiver: facts.Waiver, gate: Gate) -> WaiverRow:
    deal = gate.deal
    past = not is_for_closing(waiver, gate.closing.at.astimezone(ZoneInfo(deal.closing.time_zone)).date())
    stands = waiver.stands(gate.moment)
    bound = () if past or not stands else bound_by(waiver, deal, gate.facts, gate.moment)
    asks = asks_consent(gate, waiver)
    answered = {each.investor for each in gate.facts.consents if each.waiver == waiver.key}
    return WaiverRow(
        key=waiver.key,
        sections=waiver.sections,
        text=waiver.text,
        reach=reach_in_words(waiver, deal),
        effect=f"Binds {number(len(bound))} of {number(len(deal.investors))} investors",
        asks=asks,
        is_past=past,
        stands=stands,
        unanswered=sum(1 for each in deal.investors if each.name not in answered) if asks else 0,
    )


def _investors(deal: Deal, waiver: facts.Waiver, gate: Gate, roles: Iterable[Role]) -> tuple[Asked, ...]:
    kind = KIND_OF_FACT[facts.Consent]
    papers = dict(ConsentPaper.objects.filter(consent__deal=deal).values_list("consent_id", "filename"))
    answers: dict[str, list[tuple[Answer, facts.Consent]]] = {}
    for pk, each in rows_of(kind, deal, waiver__key=waiver.key):
        assert isinstance(each, facts.Consent)
        said = Answer(
            on_file=line(kind, pk, each, gate.deal, roles, ("", "")),
            words=consent_in_words(each, gate.deal),
            condition=each.subject_to,
            is_satisfied=each.satisfied_at is not None,
            paper=papers.get(pk, ""),
        )
        answers.setdefault(each.investor, []).insert(0, (said, each))
    ids = dict(Allotment.objects.filter(deal=deal).values_list("investor__name", "pk"))
    bound = {each.name for each in bound_by(waiver, gate.deal, gate.facts, gate.moment)}
    return tuple(
        Asked(
            pk=ids[each.name],
            name=each.name,
            shares=each.shares,
            state=_state(each, [known for _, known in answers.get(each.name, ()) if known.stands(gate.moment)], bound),
            is_bound=each.name in bound,
            answers=tuple(said for said, _ in answers.get(each.name, ())),
        )
        for each in gate.deal.investors
    )


def _state(investor: Investor, standing: list[facts.Consent], bound: set[str]) -> str:
    if investor.name in bound:
        return "consented"
    if any(each.declined for each in standing):
        return "declined"
    if any(each.subject_to and each.satisfied_at is None for each in standing):
        return "consented on a condition"
    if any(each.written for each in standing):
        return "not all owners have answered"
    return "consented orally, without effect" if standing else "not answered"
