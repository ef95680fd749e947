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
        if each.what and each.what not in things[each.lack]:
            things[each.lack].append(each.what)
    clauses = (f"{lack}: {listing(whats)}" if whats else lack for lack, whats in things.items())
    return ". ".join(clause.removesuffix(".") for clause in clauses) + "."


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


@dataclass(frozen=True, slots=True)
class Gathered:
    """Blockers of one condition that lack the same, of several investors, as one line."""

    blockers: tuple[Blocker, ...]

    @property
    def section(self) -> str:
        """The condition's section."""
        return self.blockers[0].section

    @property
    def investors(self) -> tuple[str, ...]:
        """The investors concerned; empty where it stands in the way of all."""
        return tuple(each.investor for each in self.blockers if each.investor)

    @property
    def owed_by_names(self) -> tuple[str, ...]:
        """Everybody who owes it, each once."""
        return tuple(dict.fromkeys(each.owed_by_name for each in self.blockers))

    @property
    def since(self) -> datetime | None:
        """Since when the oldest of them is open."""
        return min((each.since for each in self.blockers if each.since), default=None)

    @property
    def reason(self) -> str:
        """What is missing, in one sentence that names the investors where the things do not."""
        first = self.blockers[0]
        if not self.investors:
            return first.reason
        things = dict.fromkeys(each for blocker in self.blockers for each in blocker.missing)
        named = all(each.what in self.investors for each in things)
        return in_words(things) if named else f"{listing(self.investors, most=4)}: {in_words(things)}"


def gathered(blockers: Iterable[Blocker]) -> tuple[Gathered, ...]:
    """The blockers, those of single investors that lack the same in one line; in the agreement's order."""
    same: dict[tuple[object, ...], list[Blocker]] = {}
    for index, each in enumerate(blockers):
        lacks = tuple((missing.lack, "" if missing.item == each.investor else missing.item) for missing in each.missing)
        key = (each.section, lacks, each.is_possible) if each.investor else (index,)
        same.setdefault(key, []).append(each)
    return tuple(Gathered(tuple(each)) for each in same.values())
