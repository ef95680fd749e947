"""What the rules of the conditions read and what they answer."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import TypeVar
from zoneinfo import ZoneInfo

from closing.rules.execution import split_stale
from closing.rules.facts import Fact, Facts
from closing.rules.terms import Condition, Deal

AnyFact = TypeVar("AnyFact", bound=Fact)


class State(StrEnum):
    """Where a condition stands for an investor."""

    OPEN = "open"
    MET = "met"
    WAIVED = "waived"
    NOT_YET_POSSIBLE = "not yet possible"


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that a condition still lacks.

    `item` names it inside the condition (a representation, a jurisdiction, a signature block), so that a waiver can be
    limited to it. `lack` is a clause in plain words and `what` the thing lacked; things of one lack are listed
    together. `owed_by` is a party reference. `needs` are sections that must be met before this can be done at all.
    """

    item: str
    lack: str
    owed_by: str
    what: str = ""
    since: datetime | None = None
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What a condition lacks: `common` for every investor, `own` for single investors by name.

    `looked_at` says in words which facts the rule looked at.
    """

    common: tuple[Missing, ...] = ()
    own: Mapping[str, tuple[Missing, ...]] = field(default_factory=dict)
    looked_at: tuple[str, ...] = ()

    @property
    def is_met(self) -> bool:
        """Whether nothing is missing for anybody."""
        return not self.common and not any(self.own.values())


@dataclass(frozen=True, slots=True)
class Cell:
    """One condition for one investor: its state, what is missing uncovered, and what is waived."""

    state: State
    missing: tuple[Missing, ...] = ()
    waived: tuple[Missing, ...] = ()

    @property
    def is_satisfied(self) -> bool:
        """Whether the condition is met, or waived with effect for this investor."""
        return self.state in (State.MET, State.WAIVED)


MET = Cell(State.MET)


@dataclass(frozen=True, slots=True)
class Column:
    """One condition for every investor: `rest` for all but those who have a cell of their own in `own`, by name.

    `unsatisfied` are the names of those for whom it is neither met nor waived.
    """

    rest: Cell
    own: Mapping[str, Cell]
    unsatisfied: AbstractSet[str]

    def cell(self, name: str) -> Cell:
        """The cell of one investor of the deal."""
        return self.own.get(name, self.rest)

    def distinct(self, investors: int) -> tuple[Cell, ...]:
        """The cells of a deal with so many investors, those that are one value once."""
        cells = {id(cell): cell for cell in self.own.values()}
        return tuple(cells.values()) if len(self.own) == investors else (self.rest, *cells.values())


class Case:
    """A deal, its facts on file at a moment, and the closing then in force: what every rule reads.

    `find` is the rule of a condition's kind; findings are kept, so that one condition may ask after another.
    """

    def __init__(
        self,
        deal: Deal,
        facts: Facts,
        moment: datetime,
        closing_at: datetime,
        find: Callable[[Condition, "Case"], Finding],
    ) -> None:
        self.deal = deal
        self.moment = moment
        self.closing_at = closing_at
        standing, withdrawn = facts.split(moment)
        # A page signed for an earlier version is as good as withdrawn when the later one came into force.
        self.facts, self.stale = split_stale(standing, facts, moment)
        withdrawn += self.stale
        self._withdrawn: dict[type[Fact], list[Fact]] = defaultdict(list)
        for fact in withdrawn:
            self._withdrawn[type(fact)].append(fact)
        self.opened_at = facts.opened_at
        self._find = find
        self._findings: dict[str, Finding] = {}

    def finding(self, condition: Condition) -> Finding:
        """What `condition` lacks. Raises ValueError where conditions certify one another in a circle."""
        section = condition.section
        if section not in self._findings:
            self._findings[section] = IN_A_CIRCLE
            self._findings[section] = self._find(condition, self)
        if self._findings[section] is IN_A_CIRCLE:
            raise ValueError(f"{section} certifies itself, by way of the conditions it certifies")
        return self._findings[section]

    @cached_property
    def closing_day(self) -> date:
        """The day of the closing in the deal's time zone."""
        return self.closing_at.astimezone(ZoneInfo(self.deal.closing.time_zone)).date()

    def withdrawn(self, kind: type[AnyFact]) -> list[AnyFact]:
        """The facts of a kind that were on file and had been taken back by the moment."""
        return [fact for fact in self._withdrawn.get(kind, ()) if isinstance(fact, kind)]

    def lapsed(self, kind: type[AnyFact], key: Callable[[AnyFact], Hashable]) -> "Since":
        """Since when things are open, by `key`: the last withdrawal of its fact, else the first fact of all."""
        latest: dict[Hashable, datetime] = {}
        for fact in self.withdrawn(kind):
            if fact.withdrawn_at is not None:
                latest[key(fact)] = max(fact.withdrawn_at, latest.get(key(fact), fact.withdrawn_at))
        return Since(latest, self.opened_at)


@dataclass(frozen=True, slots=True)
class Since:
    """Since when a thing is open, by the key of the facts that would meet it."""

    lapses: Mapping[Hashable, datetime]
    opened_at: datetime | None

    def of(self, key: Hashable) -> datetime | None:
        """The moment since which the thing of `key` is open; None where nothing at all is on file."""
        return self.lapses.get(key, self.opened_at)


IN_A_CIRCLE = Finding()
