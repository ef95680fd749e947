"""What stands between the deal and its closing, one line for each thing that somebody owes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from closing.rules.findings import Case, Cell, Missing
from closing.rules.terms import Condition, Obligation
from closing.rules.waivers import NOTHING, Cover
from closing.rules.words import listing, number


@dataclass(frozen=True, slots=True)
class Blocker:
    """One open thing. `investor` is None where it stands in the way of all; `owed_by` is a party reference.

    `reason` is a sentence or two; `note`, its end, says for how many investors the condition is waived.
    """

    section: str
    heading: str
    investor: str | None
    reason: str
    owed_by: str
    owed_by_name: str
    since: datetime | None
    is_possible: bool
    missing: tuple[Missing, ...] = ()
    note: str = ""

    @property
    def own_reason(self) -> str:
        """The reason without what it says of the other investors."""
        return self.reason.removesuffix(self.note)


def in_words(missing: Iterable[Missing]) -> str:
    """Missing things in a sentence, those of one lack together: `Signature page missing: The & Trust; Mahuma N.V.`"""
    things: dict[str, list[str]] = {}
    for each in missing:
        things.setdefault(each.lack, [])
        if each.what:
            things[each.lack].append(each.what)
    return ". ".join(f"{lack}: {listing(whats)}" if whats else lack for lack, whats in things.items()) + "."


def blockers_of(
    case: Case, columns: Mapping[str, Mapping[str, Cell]], covers: Mapping[str, Mapping[str, Cover]]
) -> tuple[Blocker, ...]:
    """Everything open, in the agreement's order; common things before those of single investors."""
    found: list[Blocker] = []
    for condition in case.deal.conditions:
        found.extend(_of_condition(condition, columns[condition.section], covers.get(condition.section, {}), case))
    return tuple(found)


def _of_condition(
    condition: Condition, column: Mapping[str, Cell], covers: Mapping[str, Cover], case: Case
) -> Iterable[Blocker]:
    names = [name for name, cell in column.items() if not cell.is_satisfied]
    if not names:
        return
    finding = case.finding(condition)
    distinct = {covers.get(name, NOTHING) for name in names}
    common = [each for each in finding.common if not all(cover.covers(each) for cover in distinct)]
    note = _waived_for_some(condition, column, len(names))
    for owed_by, things in _by_owner(common):
        yield _blocker(condition, None, things, owed_by, note, case)
    for name in names:
        cover = covers.get(name, NOTHING)
        own = [each for each in finding.own.get(name, ()) if not cover.covers(each)]
        for owed_by, things in _by_owner(own):
            yield _blocker(condition, name, things, owed_by, "", case)


def _by_owner(missing: Iterable[Missing]) -> Iterable[tuple[str, list[Missing]]]:
    owners: dict[str, list[Missing]] = {}
    for each in missing:
        owners.setdefault(each.owed_by, []).append(each)
    return owners.items()


def _waived_for_some(condition: Condition, column: Mapping[str, Cell], still_open: int) -> str:
    bound = sum(1 for cell in column.values() if cell.waived)
    if not bound:
        return ""
    if condition.obligation is Obligation.ISSUER:
        return f" Waived by the issuer for {number(bound)} of {number(len(column))} investors."
    rest = "has" if still_open == 1 else "have"
    return (
        f" Waived by {number(bound)} of {number(len(column))} investors;"
        f" the other {number(still_open)} {rest} not consented in writing."
    )


def _blocker(
    condition: Condition, investor: str | None, things: list[Missing], owed_by: str, note: str, case: Case
) -> Blocker:
    since = max((each.since for each in things if each.since is not None), default=None)
    return Blocker(
        section=condition.section,
        heading=condition.heading,
        investor=investor,
        reason=in_words(things) + note,
        owed_by=owed_by,
        owed_by_name=case.deal.party_name(owed_by),
        since=since,
        is_possible=any(not each.needs for each in things),
        missing=tuple(things),
        note=note,
    )
