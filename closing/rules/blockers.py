"""What stands between the deal and its closing, one line for each thing that somebody owes."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from closing.rules.findings import Cell, Column, Finding, Missing
from closing.rules.terms import Condition, Deal, Obligation
from closing.rules.words import listing, number


@dataclass(frozen=True, slots=True)
class Blocker:
    """One open thing. `investor` is None where it stands in the way of all; `owed_by` is a party reference.

    `note` says for how many investors the condition is waived.
    """

    condition: Condition
    investor: str | None
    owed_by: str
    owed_by_name: str
    missing: tuple[Missing, ...]
    note: str = ""

    @property
    def section(self) -> str:
        """The condition's section."""
        return self.condition.section

    @property
    def heading(self) -> str:
        """The condition's heading."""
        return self.condition.heading

    @property
    def since(self) -> datetime | None:
        """Since when it is open; None where nothing at all is on file."""
        return max((each.since for each in self.missing if each.since is not None), default=None)

    @property
    def is_possible(self) -> bool:
        """Whether it can be done before anything else is."""
        return any(not each.needs for each in self.missing)

    @property
    def reason(self) -> str:
        """What is missing, in a sentence or two."""
        return self.own_reason + self.note

    @property
    def own_reason(self) -> str:
        """The reason without what it says of the other investors."""
        return in_words(self.missing)


def in_words(missing: Iterable[Missing]) -> str:
    """Missing things in a sentence, those of one lack together: `Signature page missing: The & Trust; Mahuma N.V.`"""
    things: dict[str, dict[str, None]] = {}
    for each in missing:
        whats = things.setdefault(each.lack, {})
        if each.what:
            whats[each.what] = None
    clauses = (f"{lack}: {listing(whats)}" if whats else lack for lack, whats in things.items())
    return ". ".join(clause.removesuffix(".") for clause in clauses) + "."


def blockers_of(deal: Deal, columns: Mapping[str, Column], findings: Mapping[str, Finding]) -> tuple[Blocker, ...]:
    """Everything open, in the agreement's order; common things before those of single investors."""
    found: list[Blocker] = []
    for condition in deal.conditions:
        found.extend(_of_condition(condition, columns[condition.section], findings[condition.section], deal))
    return tuple(found)


def _of_condition(condition: Condition, column: Column, finding: Finding, deal: Deal) -> Iterable[Blocker]:
    if not column.unsatisfied:
        return
    names = [each.name for each in deal.investors if each.name in column.unsatisfied]
    note = _waived_for_some(condition, column, len(deal.investors))
    distinct = {id(cell): cell for cell in map(column.cell, names)}.values()
    for owed_by, things in _by_owner(_left_of(finding.common, distinct)):
        yield Blocker(condition, None, owed_by, deal.party_name(owed_by), things, note)
    for name in names:
        if name in finding.own:
            for owed_by, things in _by_owner(_left_of(finding.own[name], (column.own[name],))):
                yield Blocker(condition, name, owed_by, deal.party_name(owed_by), things)


def _left_of(missing: tuple[Missing, ...], cells: Collection[Cell]) -> tuple[Missing, ...]:
    """Those of `missing` that are not waived in one of the cells at least."""
    if not missing or any(not cell.waived for cell in cells):
        return missing
    left = {each for cell in cells for each in cell.missing}
    return tuple(each for each in missing if each in left)


def _by_owner(missing: tuple[Missing, ...]) -> Iterable[tuple[str, tuple[Missing, ...]]]:
    if len(missing) == 1:
        return ((missing[0].owed_by, missing),)
    owners: dict[str, tuple[Missing, ...]] = {}
    for each in missing:
        owners[each.owed_by] = (*owners.get(each.owed_by, ()), each)
    return owners.items()


def _waived_for_some(condition: Condition, column: Column, investors: int) -> str:
    bound = sum(1 for cell in column.own.values() if cell.waived)
    if not bound:
        return ""
    if condition.obligation is Obligation.ISSUER:
        return f" Waived by the issuer for {number(bound)} of {number(investors)} investors."
    still_open = len(column.unsatisfied)
    rest = "has" if still_open == 1 else "have"
    return (
        f" Waived by {number(bound)} of {number(investors)} investors;"
        f" the other {number(still_open)} {rest} not consented in writing."
    )


@dataclass(frozen=True)
class Gathered:
    """Blockers of one condition that lack the same, of several investors, as one line."""

    blockers: tuple[Blocker, ...]

    @property
    def section(self) -> str:
        """The condition's section."""
        return self.blockers[0].section

    @cached_property
    def investors(self) -> tuple[str, ...]:
        """The investors concerned; empty where it stands in the way of all."""
        return tuple(each.investor for each in self.blockers if each.investor)

    @cached_property
    def owners(self) -> tuple[str, ...]:
        """Everybody who owes it, each once, as party references."""
        return tuple(dict.fromkeys(each.owed_by for each in self.blockers))

    @cached_property
    def owed_by_names(self) -> tuple[str, ...]:
        """Everybody who owes it, each once."""
        return tuple(dict.fromkeys(each.owed_by_name for each in self.blockers))

    @cached_property
    def since(self) -> datetime | None:
        """Since when the oldest of them is open."""
        return min((since for each in self.blockers if (since := each.since)), default=None)

    @cached_property
    def items(self) -> frozenset[str]:
        """What is missing, by the names that the condition has for it."""
        return frozenset(each.item for blocker in self.blockers for each in blocker.missing)

    @cached_property
    def reason(self) -> str:
        """What is missing, in one sentence that names the investors where the things do not."""
        things = dict.fromkeys(each for blocker in self.blockers for each in blocker.missing)
        if not self.investors:
            return in_words(things) + self.blockers[0].note
        names = set(self.investors)
        named = all(each.what in names for each in things)
        return in_words(things) if named else f"{listing(self.investors, most=4)}: {in_words(things)}"


def gathered(blockers: Iterable[Blocker]) -> tuple[Gathered, ...]:
    """The blockers, those of single investors that lack the same in one line; in the agreement's order."""
    same: dict[tuple[object, ...], list[Blocker]] = {}
    for index, each in enumerate(blockers):
        lacks = tuple((missing.lack, "" if missing.item == each.investor else missing.item) for missing in each.missing)
        key = (each.section, lacks, each.is_possible) if each.investor else (index,)
        same.setdefault(key, []).append(each)
    return tuple(Gathered(tuple(each)) for each in same.values())


def merged(lines: Iterable[Gathered]) -> tuple[Gathered, ...]:
    """Lines of one condition that lack the same for everybody, from several owners, as one: missing pages."""
    same: dict[tuple[object, ...], list[Gathered]] = {}
    for index, line in enumerate(lines):
        first = line.blockers[0]
        lacks = tuple(dict.fromkeys(each.lack for each in first.missing))
        key = (index,) if line.investors else (line.section, lacks, first.is_possible)
        same.setdefault(key, []).append(line)
    return tuple(Gathered(tuple(blocker for line in found for blocker in line.blockers)) for found in same.values())
