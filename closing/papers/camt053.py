"""A bank's statement as camt.053, the ISO 20022 form: read by pycamt, and never believed before it was looked at.

pycamt finds the statements, entries and parties of all versions; what it is not asked is arithmetic. Amounts are taken
as the text that the file has. A batch whose details do not add up to it is one line.
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from lxml import etree
from pycamt.parser import Camt053ParseError, Camt053Parser

from closing.papers.statements import (
    MOST_LINES,
    NO_LINES,
    TOO_LONG,
    Statement,
    StatementLine,
    StatementRefused,
    check_size,
    told,
    words,
)

NOT_CAMT = "The file is no statement in the form camt.053. Ask the bank for camt.053 or CSV, and choose that file."
NOT_XML = "The file is damaged, or no XML at all. Download the statement from the bank again."
DECLARES = (
    "The file declares a document type or entities, which no bank’s statement does. It was not opened. Download the "
    "statement from the bank again."
)
BROKEN_XML = "The letters of the file are broken. Download the statement from the bank again; do not save it anew."
_NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.\d\d")
_PROLOGUE = re.compile(r"^\s*<\?xml\b[^>]*?\?>")
_ENCODING = re.compile(rb"^[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_READABLE = {"utf-8", "utf-16", "us-ascii", "ascii", "iso-8859-1", "iso-8859-15", "latin1", "windows-1252"}
_AMOUNT = re.compile(r"\d{1,13}(\.\d{1,5})?")
_SIDES = {"CRDT": True, "DBIT": False}


def read_camt053(content: bytes) -> Statement:
    """The booked lines of all statements of the file. Raises StatementRefused, in plain words."""
    check_size(content)
    text = _text(content)
    if re.search(r"<!\s*(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise StatementRefused(DECLARES)
    try:
        parser = Camt053Parser(_unprefixed(_PROLOGUE.sub("", text, count=1).encode()))
        if not _NAMESPACE.fullmatch(etree.QName(parser.tree).namespace or ""):
            raise StatementRefused(NOT_CAMT)
        said = parser.get_transactions()
    except etree.XMLSyntaxError as broken:
        raise StatementRefused(NOT_XML) from broken
    except (Camt053ParseError, AttributeError, KeyError, ValueError) as other:
        if isinstance(other, StatementRefused):
            raise
        raise StatementRefused(NOT_CAMT) from other
    return _statement(parser, said)


def _text(content: bytes) -> str:
    """The file as text, by the encoding that it declares. Raises StatementRefused where it is not in it."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    else:
        declared = _ENCODING.match(content)
        encoding = declared[1].decode().lower() if declared else "utf-8"
    if encoding not in _READABLE:
        raise StatementRefused(BROKEN_XML)
    try:
        text = content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeError as broken:
        raise StatementRefused(BROKEN_XML) from broken
    return text.removeprefix("\ufeff")


def _unprefixed(content: bytes) -> bytes:
    """The same document without a prefix before its names, by which pycamt would not find them."""
    root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    if root.prefix is None:
        return content
    plain = etree.Element(root.tag, nsmap={None: etree.QName(root).namespace})
    plain.extend(list(root))
    written: bytes = etree.tostring(plain)
    return written


def _statement(parser: Camt053Parser, said: list[dict[str, Any]]) -> Statement:
    lines: list[StatementLine] = []
    problems: list[str] = []
    waiting = 0
    for number, (entry, details) in enumerate(_by_entry(parser, said), start=1):
        if details[0].get("Status") not in ("BOOK", None):
            waiting += 1
            continue
        try:
            lines += _lines(number, entry, details)
        except ValueError as wrong:
            problems.append(f"Entry {number}: {wrong}. Ask the bank for the statement again.")
        if len(lines) > MOST_LINES:
            raise StatementRefused(TOO_LONG)
    if problems:
        raise told(problems)
    if not lines:
        raise StatementRefused(NO_LINES)
    accounts = dict.fromkeys(_account(each) for each in parser.tree.iter("{*}Stmt"))
    left_out = (f"Entries that the bank has not booked yet were left out: {waiting}.",) if waiting else ()
    return Statement(
        kind="camt.053", account=", ".join(filter(None, accounts))[:140], lines=tuple(lines), left_out=left_out
    )


def _account(statement: Any) -> str:
    """The number of a statement's account: an IBAN, or another where there is none."""
    return words(statement.findtext("{*}Acct/{*}Id/{*}IBAN") or statement.findtext("{*}Acct/{*}Id/{*}Othr/{*}Id"))


def _by_entry(parser: Camt053Parser, said: list[dict[str, Any]]) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
    """Every entry of the file with what pycamt told of it: one for each of its details, or one."""
    at = 0
    for statement in parser.tree.iter("{*}Stmt"):
        for entry in statement.iter("{*}Ntry"):
            count = max(1, sum(1 for _ in entry.iter("{*}TxDtls")))
            if len(said) < at + count:
                raise StatementRefused(NOT_CAMT)
            yield entry, said[at : at + count]
            at += count
    if at != len(said):
        raise StatementRefused(NOT_CAMT)


def _lines(number: int, entry: Any, details: list[dict[str, Any]]) -> list[StatementLine]:
    """One line for each detail where they add up to the entry, else one for the entry. Raises ValueError."""
    total = _amount(_own(entry, "Amt"))
    currency = (entry.find("{*}Amt").get("Ccy") or "").upper()
    is_credit = _SIDES.get(_own(entry, "CdtDbtInd"))
    if is_credit is None:
        raise ValueError("it says neither credit nor debit")
    about = {
        "row": number,
        "booked_on": _day(details[0]),
        "currency": currency,
        "is_reversal": _own(entry, "RvslInd").lower() in ("true", "1"),
    }
    amounts = [_detail_amount(each, currency) for each in entry.iter("{*}TxDtls")] if len(details) > 1 else []
    same_side = all(_SIDES.get(str(each.get("CreditDebitIndicator"))) is is_credit for each in details)
    known = [each for each in amounts if each is not None]
    if amounts and same_side and len(known) == len(amounts) and sum(known) == total and all(known):
        pairs = zip(details, known, strict=True)
        return [_line(each, amount, is_credit=is_credit, **about) for each, amount in pairs]
    if not total:
        return []
    whole = _line(details[0], total, is_credit=is_credit, **about)
    return [whole if len(details) == 1 else _batch(whole, details)]


def _line(said: dict[str, Any], amount: Decimal, *, is_credit: bool, **about: Any) -> StatementLine:
    told_by_payer = said.get("RemittanceInformationFull") or said.get("RemittanceInformation")
    structured = said.get("AdditionalRemittanceInformation")
    return StatementLine(
        amount=amount,
        is_credit=is_credit,
        party=words(said.get("DebtorName" if is_credit != about["is_reversal"] else "CreditorName")),
        reference=words(told_by_payer or structured or said.get("AdditionalEntryInformation") or _end_to_end(said)),
        bank_reference=words(said.get("TransactionID")),
        **about,
    )


def _batch(whole: StatementLine, details: list[dict[str, Any]]) -> StatementLine:
    """An entry of several payments whose parts the bank does not tell: one line with all of their names."""
    names = dict.fromkeys(words(each.get("DebtorName" if whole.is_credit else "CreditorName")) for each in details)
    texts = dict.fromkeys(words(each.get("RemittanceInformationFull")) for each in details)
    return StatementLine(
        row=whole.row,
        booked_on=whole.booked_on,
        amount=whole.amount,
        currency=whole.currency,
        is_credit=whole.is_credit,
        is_reversal=whole.is_reversal,
        party=words("; ".join(filter(None, names))),
        reference=words("; ".join(filter(None, texts))),
        bank_reference=whole.bank_reference,
    )


def _end_to_end(said: dict[str, Any]) -> str:
    found = said.get("EndToEndId") or ""
    return "" if found == "NOTPROVIDED" else found


def _own(entry: Any, name: str) -> str:
    """The text of an element of the entry's own, not of its details."""
    return (entry.findtext(f"{{*}}{name}") or "").strip()


def _detail_amount(detail: Any, currency: str) -> Decimal | None:
    """The amount of a detail in the entry's currency; None where it says none, or one of another currency."""
    found = detail.find("{*}Amt")
    if found is None:
        found = detail.find("{*}AmtDtls/{*}TxAmt/{*}Amt")
    if found is None or (found.get("Ccy") or currency).upper() != currency:
        return None
    return _amount(found.text or "")


def _amount(text: str) -> Decimal:
    said = text.strip()
    if not _AMOUNT.fullmatch(said) or not said.isascii():
        raise ValueError(f"“{said[:40]}” is no amount")
    amount = Decimal(said)
    if amount != amount.quantize(Decimal("0.01")):
        raise ValueError(f"“{said[:40]}” has parts of a cent")
    return amount.quantize(Decimal("0.01"))


def _day(said: dict[str, Any]) -> date:
    text = str(said.get("BookingDate") or said.get("ValueDate") or "").strip()
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise ValueError(f"“{text[:40]}” is no date" if text else "it has no date") from None
