"""What a bank's statement says, line by line, whichever form it came in; and why a file is none.

Amounts are `Decimal`, read off the text of the file.
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

MOST_BYTES = 10 * 1024 * 1024
MOST_LINES = 5000
MOST_LETTERS = 500
MOST_TOLD = 12

EMPTY = "The file is empty. Download the statement from the bank again."
TOO_BIG = "The file is larger than 10 MB. Ask the bank for a statement of fewer days."
TOO_LONG = f"The statement has more than {MOST_LINES:,} lines. Ask the bank for one of fewer days."
NO_LINES = "There is no booked line on the statement. Choose one of days on which money came or went."
BROKEN = (
    "The letters of the file are broken, so that names would be read wrong. Open it, save it again as CSV in UTF-8, "
    "and choose that copy."
)


class StatementRefused(ValueError):
    """The file is not taken as a statement. The message says why, a line for each reason, and what to do instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """A booked line of a statement: `amount` above nothing, `currency` blank where the file does not say.

    `is_credit` is money that came. `is_reversal` undoes an earlier line: a debit that is one takes back a credit.
    `party` is who paid or was paid, `reference` what the payer wrote, `bank_reference` the bank's own.
    """

    row: int
    booked_on: date
    amount: Decimal
    currency: str = ""
    is_credit: bool
    is_reversal: bool = False
    party: str = ""
    reference: str = ""
    bank_reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A file as it was read. `account` is the account's number where the file says it; `left_out` says what is not."""

    kind: str
    account: str
    lines: tuple[StatementLine, ...]
    left_out: tuple[str, ...] = ()


def check_size(content: bytes) -> None:
    """Raises StatementRefused for a file that is empty or too large."""
    if not content.strip():
        raise StatementRefused(EMPTY)
    if len(content) > MOST_BYTES:
        raise StatementRefused(TOO_BIG)


def words(text: str | None) -> str:
    """A text in one line, without what no page or database can show, and no longer than it needs."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text or "")
    return " ".join(plain.split())[:MOST_LETTERS]


_PLAIN = re.compile(r"[0-9]+(\.[0-9]+)?")
_GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
_EUROPEAN = re.compile(r"([0-9]{1,3}(\.[0-9]{3})+|[0-9]{1,3}([' ][0-9]{3})+|[0-9]+),[0-9]{1,2}")
_APOSTROPHES = re.compile(r"[0-9]{1,3}(['’ ][0-9]{3})+(\.[0-9]+)?")


def amount_of(text: str) -> Decimal:
    """The amount of a cell, below nothing for `-5.00`, `5.00-` and `(5.00)`; in whole cents. ValueError for none.

    `1,234.50`, `1'234.50` and `1.234,50` are one amount; `1.234` and `1,23` could be two, and are none.
    """
    said = re.sub(r"[$£€]|^[A-Z]{3}\b|\b[A-Z]{3}$|[\s\u00a0\u202f]+$|^[\s\u00a0\u202f]+", "", text.strip())
    said = said.replace("\u2212", "-").replace("\u00a0", " ").replace("\u202f", " ").strip()
    is_less = said.startswith("-") or said.endswith("-") or (said.startswith("(") and said.endswith(")"))
    said = said.strip("+-() ")
    if _GROUPED.fullmatch(said):
        plain = said.replace(",", "")
    elif _EUROPEAN.fullmatch(said):
        plain = re.sub(r"[.' ]", "", said).replace(",", ".")
    elif _APOSTROPHES.fullmatch(said):
        plain = re.sub(r"['’ ]", "", said)
    elif _PLAIN.fullmatch(said) and not re.fullmatch(r"[0-9]{1,3}\.[0-9]{3}", said):
        plain = said
    else:
        raise ValueError(f"“{text.strip()[:40]}” is no amount")
    amount = Decimal(plain)
    if len(plain) > 17 or amount != amount.quantize(Decimal("0.01")):
        raise ValueError(f"“{text.strip()[:40]}” is no amount of whole cents")
    return (-amount if is_less else amount).quantize(Decimal("0.01"))


def told(problems: list[str]) -> StatementRefused:
    """The refusal of a file with these problems, the first of them one by one."""
    rest = len(problems) - MOST_TOLD
    shown = problems[:MOST_TOLD] + ([f"and {rest} more like these."] if rest > 0 else [])
    return StatementRefused("\n".join(shown))
