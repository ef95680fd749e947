"""The same line of a bank's account in two files: statements overlap, and what is booked once is not booked again."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A line as two files would have it alike; `key` is its own."""

    key: int
    booked_on: date
    amount: Decimal
    currency: str
    is_credit: bool
    party: str = ""
    reference: str = ""
    bank_reference: str = ""


def repeated(lines: Sequence[Seen], before: Iterable[Seen]) -> dict[int, int]:
    """The lines that came `before`, by their keys, each with the key of the line that it is.

    Alike are lines of one amount with the same reference of the bank or, where one of them has none, of the same day,
    payer and reference. Two equal lines of one file are two payments: each line of before is answered by one.
    """
    by_reference: dict[Hashable, list[Seen]] = defaultdict(list)
    by_words: dict[Hashable, list[Seen]] = defaultdict(list)
    for each in before:
        if each.bank_reference:
            by_reference[_by_reference(each)].append(each)
        by_words[_by_words(each)].append(each)
    taken: set[int] = set()
    found: dict[int, int] = {}
    for line in lines:
        alike = by_reference.get(_by_reference(line), []) if line.bank_reference else []
        alike = alike or [
            each for each in by_words.get(_by_words(line), ()) if not (each.bank_reference and line.bank_reference)
        ]
        same = next((each for each in alike if each.key not in taken), None)
        if same is not None:
            taken.add(same.key)
            found[line.key] = same.key
    return found


def _by_reference(line: Seen) -> Hashable:
    return (line.bank_reference.casefold(), line.amount, line.currency, line.is_credit)


def _by_words(line: Seen) -> Hashable:
    words = (line.party.casefold(), line.reference.casefold())
    return (line.booked_on, line.amount, line.currency, line.is_credit, *words)
