"""What would follow: one cell explained, what it would take, a partial closing, consents that come in."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from closing.models import Allotment, Deal as DealRow
from closing.queries.deals import deal_terms
from closing.queries.facts import facts_of
from closing.queries.gates import gate_of
from closing.queries.overview import Column, Mark, columns, ids_of, mark, rows
from closing.queries.owed import opened_at
from closing.queries.rule_words import rule_in_words, whose
from closing.rules.duties import asks_consent
from closing.rules.explain import Explanation, explain
from closing.rules.facts import Waiver
from closing.rules.further import closed_names
from closing.rules.gate import Gate, evaluate
from closing.rules.terms import Condition
from closing.rules.what_if import Owing, PartialClosing, if_consents_came_in, partial_closing, what_it_takes
from closing.rules.words import number
from investors.clock import now


@dataclass(frozen=True, slots=True)
class CellPage:
    """A condition for one investor, explained. `act` and `label` are of the one thing to do about it."""

    now: datetime
    time_zone: str
    pk: int
    investor: str
    condition: Condition
    whose: str
    rule: tuple[str, ...]
    mark: Mark
    told: Explanation
    is_closed: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """An investor to choose, by the id of its row of Schedule A."""

    pk: int
    name: str
    shares: int
    is_ready: bool
    has_closed: bool
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class TakesPage:
    """What it would take for the chosen investors; `things` counts the lines. Money in `currency`."""

    now: datetime
    time_zone: str
    currency: str
    headline: str
    choices: tuple[Choice, ...]
    owing: tuple[Owing, ...]
    things: int
    shares: int
    partial: PartialClosing
    is_closed: bool


@dataclass(frozen=True, slots=True)
class Change:
    """A row of the matrix, now and then."""

    name: str
    shares: int
    before: tuple[Mark, ...]
    after: tuple[Mark, ...]
    is_ready: bool


@dataclass(frozen=True, slots=True)
class ConsentsPage:
    """The matrix if the consents asked came in, beside the matrix now. `changes` counts cells."""

    now: datetime
    asked: tuple[Waiver, ...]
    chosen: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: tuple[Change, ...]
    changes: int
    ready_before: int
    ready_after: int
    open_before: int
    open_after: int


def cell_page(deal: DealRow, row: Allotment, section: str, moment: datetime | None = None) -> CellPage:
    """One condition for one investor at `moment`, or now. Raises KeyError for a section that is no condition."""
    gate = gate_of(deal, moment)
    name = row.investor.name
    condition = gate.condition(section).condition
    return CellPage(
        now=gate.moment,
        time_zone=gate.deal.closing.time_zone,
        pk=row.pk,
        investor=name,
        condition=condition,
        whose=whose(condition),
        rule=rule_in_words(condition, gate.deal),
        mark=mark(gate.investor(name).cells[section], opened_at(gate)),
        told=explain(gate, section, name),
        is_closed=gate.is_closed,
    )


def takes_page(deal: DealRow, chosen: Collection[int]) -> TakesPage:
    """The smallest list after which the chosen investors are ready; all of them where none is chosen."""
    gate = gate_of(deal)
    ids = ids_of(deal)
    all_of_them = [each.investor.name for each in gate.investors if gate.is_closed or not each.has_closed]
    names = [name for name, pk in ids.items() if pk in chosen] or all_of_them
    owing = what_it_takes(gate, names)
    things = sum(len(each.things) for each in owing)
    few = "one investor" if len(names) == 1 else f"{number(len(names))} investors"
    some = "One thing is open" if things == 1 else f"{number(things)} things are open"
    what = some if things else "Nothing is open"
    closed = closed_names(gate.facts)
    return TakesPage(
        now=gate.moment,
        time_zone=gate.deal.closing.time_zone,
        currency=gate.deal.agreement.currency,
        headline=f"Closed for {few}" if closed.issuperset(names) else f"{what} for {few}",
        choices=tuple(
            Choice(
                ids[each.investor.name],
                each.investor.name,
                each.investor.shares,
                each.is_ready,
                each.investor.name in closed,
                ids[each.investor.name] in chosen,
            )
            for each in gate.investors
        ),
        owing=owing,
        things=things,
        shares=sum(gate.deal.investor_by_name[name].shares for name in names),
        partial=partial_closing(gate),
        is_closed=gate.is_closed,
    )


def consents_page(deal: DealRow, chosen: Collection[str]) -> ConsentsPage:
    """The matrix if whoever was asked and has not declined consented to the chosen waivers; to all where none is."""
    terms, on_file, moment = deal_terms(deal), facts_of(deal), now()
    before = evaluate(terms, on_file, moment)
    asked = tuple(each for each in before.facts.waivers if asks_consent(before, each))
    keys = tuple(each.key for each in asked if not chosen or each.key in chosen)
    after = if_consents_came_in(terms, on_file, moment, keys)
    ids = ids_of(deal)
    then = rows(after, ids)
    found = tuple(
        Change(was.name, was.shares, was.marks, is_.marks, is_.is_ready)
        for was, is_ in zip(rows(before, ids), then, strict=True)
    )
    return ConsentsPage(
        now=moment,
        asked=asked,
        chosen=keys,
        columns=columns(before),
        rows=found,
        changes=sum(1 for each in found for was, is_ in zip(each.before, each.after, strict=True) if was is not is_),
        ready_before=len(before.ready),
        ready_after=len(after.ready),
        open_before=_open(before),
        open_after=_open(after),
    )


def _open(gate: Gate) -> int:
    return sum(1 for each in gate.conditions if each.open)
