"""The columns of a bank's statement as CSV: which is what, by its heading, and by its cells where those say more."""

import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal

from closing.papers.statements import amount_of

# What banks call their columns, in small letters, the surest first.
HEADINGS: dict[str, tuple[str, ...]] = {
    "date": (
        "booking date",
        "posting date",
        "posted date",
        "transaction date",
        "trans date",
        "value date",
        "effective date",
        "as of date",
        "date",
        "date/time",
        "posted",
    ),
    "credit": ("credit", "credits", "credit amount", "deposit", "deposits", "paid in", "money in", "received"),
    "debit": ("debit", "debits", "debit amount", "withdrawal", "withdrawals", "paid out", "money out", "payments"),
    "amount": ("amount", "transaction amount", "net amount"),
    "sign": (
        "cr/dr",
        "dr/cr",
        "c/d",
        "d/c",
        "credit/debit",
        "debit/credit",
        "credit/debit indicator",
        "debit/credit indicator",
        "credit debit indicator",
        "direction",
        "cdi",
        "sign",
    ),
    "party": (
        "payer",
        "originator",
        "ordering customer",
        "counterparty",
        "remitter",
        "sender",
        "debtor",
        "paid by",
        "from",
        "payer name",
        "payee",
        "name",
    ),
    "reference": (
        "remittance information",
        "remittance",
        "payment details",
        "payment reference",
        "reference",
        "details",
        "description",
        "transaction description",
        "memo",
        "narrative",
        "purpose",
        "text",
    ),
    "bank_reference": (
        "bank reference",
        "bank ref",
        "transaction reference",
        "transaction id",
        "fed reference",
        "imad",
        "confirmation number",
        "trace number",
        "reference number",
        "id",
    ),
    "currency": ("currency", "ccy", "cur"),
}
KINDS = ("type", "transaction type", "tran type", "data type", "transaction", "details")
"""Columns in which some banks say on which side a line is, and others what kind of payment it is."""
CAME = frozenset({"cr", "c", "credit", "credits", "crdt", "deposit", "deposits", "incoming", "+"})
WENT = frozenset({"dr", "d", "debit", "debits", "dbit", "withdrawal", "withdrawals", "outgoing", "-"})


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each field is found; `currency` is the one that the headings of the amounts name, or blank.

    `beside` are further columns of the payer's words: banks divide them as they like.
    """

    at: Mapping[str, int]
    currency: str = ""
    beside: tuple[int, ...] = ()

    @property
    def are_known(self) -> bool:
        """Whether there are a day and an amount."""
        return "date" in self.at and ("amount" in self.at or "credit" in self.at)

    def cell(self, row: Sequence[str], field: str) -> str:
        """A row's cell of that field, blank where there is none."""
        at = self.at.get(field)
        return row[at].strip() if at is not None and at < len(row) else ""

    def amount(self, row: Sequence[str], field: str) -> str:
        """A cell of an amount; a dash stands for none."""
        said = self.cell(row, field)
        return "" if said in ("-", "–", "—") else said

    def words(self, row: Sequence[str]) -> str:
        """All that the payer wrote, each thing once."""
        others = (row[at].strip() for at in self.beside if at < len(row))
        return "; ".join(dict.fromkeys(filter(None, (self.cell(row, "reference"), *others))))


def side_of(text: str) -> bool | None:
    """Whether a cell says that money came, or False that it went; None where it says neither, or both."""
    if text.strip().lower() in ("in", "out"):
        return text.strip().lower() == "in"
    said = set(re.findall(r"[a-z]+|[+-]", text.lower()))
    came, went = bool(said & CAME), bool(said & WENT)
    return came if came is not went else None


def columns_of(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Columns:
    """The columns under a row of headings.

    Where no amount is below nothing, the amounts do not say on which side a line is: a column of kinds then does, if it
    says so of every row, or that of one row money went. One that says no more than the side is no reference.
    """
    currency = _currency(headings)
    found = _columns(headings, currency)
    if not found.are_known or "amount" not in found.at:
        return found
    is_signed = "sign" in found.at or any(_is_below_nothing(found.cell(row, "amount")) for row in rows)
    for column, name in enumerate(map(_name, headings)):
        if name not in KINDS:
            continue
        sides = [side_of(row[column]) for row in rows if column < len(row) and row[column].strip()]
        is_side_alone = bool(sides) and None not in sides
        if is_side_alone or (not is_signed and False in sides and name != "details"):
            rest = _columns(headings, currency, but=column)
            return rest if is_signed else replace(rest, at={**rest.at, "sign": column})
    return found


def _columns(headings: Sequence[str], currency: str, but: int | None = None) -> Columns:
    """The columns by their headings alone, without the column `but`."""
    at = _found(headings, () if but is None else (but,))
    taken = {*at.values(), but}
    beside = (n for n, each in enumerate(headings) if n not in taken and _name(each) in HEADINGS["reference"])
    return Columns(at, currency, tuple(beside))


def _found(headings: Sequence[str], but: Collection[int] = ()) -> dict[str, int]:
    said = [_name(each) for each in headings]
    found: dict[str, int] = {}
    for field, names in HEADINGS.items():
        taken = {*found.values(), *but}
        at = next((said.index(name) for name in names if name in said and said.index(name) not in taken), None)
        if at is not None:
            found[field] = at
    return found


def _name(heading: str) -> str:
    """A heading without its unit, `Amount (USD)` as `amount`."""
    plain = re.sub(r"\([^)]*\)|\[[^]]*\]", " ", heading.lower())
    return " ".join(re.sub(r"[^a-z/ ]", " ", plain).split())


def _currency(headings: Sequence[str]) -> str:
    """The one currency that the headings of the amounts have beside them."""
    amounts = {*HEADINGS["credit"], *HEADINGS["debit"], *HEADINGS["amount"]}
    units = {
        unit[1]
        for each in headings
        if _name(each) in amounts and (unit := re.search(r"[(\[]\s*(?:in )?([A-Z]{3})\s*[)\]]", each))
    }
    return units.pop() if len(units) == 1 else ""


def _is_below_nothing(text: str) -> bool:
    amount = Decimal(0)
    with suppress(ValueError):
        amount = amount_of(text)
    return amount < 0
