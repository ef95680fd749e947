"""How the checks of single facts tell what is wrong with them."""

from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal

from closing.rules.deal_wrong import SLUG, SLUGS
from closing.rules.facts import Fact
from closing.rules.toml_form import Problem

CENT = Decimal("0.01")


def wrong(field: str, text: str) -> Problem:
    """A problem with a field of the fact at hand."""
    return Problem(text, field=field)


def known_name(field: str, name: str, names: Collection[str], what: str) -> Iterator[Problem]:
    """A problem where `name` is none of `names`."""
    if name not in names:
        yield wrong(field, f'"{name}" is no {what} of this deal')


def check_amount(field: str, amount: Decimal) -> Iterator[Problem]:
    """An amount above nothing, in whole cents."""
    if amount <= 0:
        yield wrong(field, f"{amount} should be more than 0")
    elif amount != amount.quantize(CENT):
        yield wrong(field, f"{amount} has parts of a cent")


def check_key(key: str) -> Iterator[Problem]:
    """A key that fits in an address."""
    if not SLUG.fullmatch(key):
        yield wrong("key", f'"{key}" should be {SLUGS}')


def blank(fact: Fact, *names: str) -> Iterable[Problem]:
    """A problem for each of these fields that says nothing."""
    return (wrong(name, "is blank") for name in names if not getattr(fact, name))
