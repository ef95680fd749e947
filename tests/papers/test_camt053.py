"""Statements in the form camt.053: amounts as written, batches that add up or are one line, nothing declared."""

import re
from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from closing.papers import camt053
from closing.papers.camt053 import read_camt053
from closing.papers.statements import Statement, StatementRefused
from tests.papers.camt import camt, details, entry, statement


def refusal(content: bytes) -> str:
    with pytest.raises(StatementRefused) as told:
        read_camt053(content)
    return str(told.value)


def read(*entries: str, version: str = "08") -> Statement:
    return read_camt053(camt(statement(*entries), version))


@pytest.mark.parametrize("version", ["02", "03", "04", "05", "06", "07", "08"])
def test_every_version_gives_payer_reference_and_amount(version: str) -> None:
    paid = details("The & Trust", text="Series B", version=version)
    (line,) = read(entry("103000.00", paid, reference="FED 9", version=version), version=version).lines
    assert (line.party, line.reference, line.bank_reference) == ("The & Trust", "Series B", "FED 9")
    assert (line.amount, line.currency, line.is_credit) == (Decimal("103000.00"), "USD", True)
    assert line.booked_on == date(1996, 6, 7)


@pytest.mark.parametrize("amount", ["0.10", "1234567.89", "9999999999999.99", "0.1"])
def test_an_amount_is_never_a_float(amount: str) -> None:
    (line,) = read(entry(amount)).lines
    assert str(line.amount) == f"{Decimal(amount):.2f}"


@pytest.mark.parametrize("version", ["02", "08"])
def test_a_batch_that_adds_up_is_a_line_for_each(version: str) -> None:
    parts = (
        details("Andrea Martin", "4000.00", version=version),
        details("Nitin T. Mehta", "6000.00", version=version),
    )
    one, two = read(entry("10000.00", *parts, version=version), version=version).lines
    assert [(one.party, one.amount), (two.party, two.amount)] == [
        ("Andrea Martin", Decimal(4000)),
        ("Nitin T. Mehta", Decimal(6000)),
    ]


@pytest.mark.parametrize(
    "parts",
    [
        (details("A", "4000.00"), details("B", "5999.99")),
        (details("A"), details("B")),
        (details("A", "4000.00"), details("B")),
        (details("A", "4000.00", currency="EUR"), details("B", "6000.00")),
        (details("A", "10000.00"), details("B", "0")),
    ],
)
def test_a_batch_that_does_not_is_one_line_of_the_entrys_amount(parts: tuple[str, ...]) -> None:
    (line,) = read(entry("10000.00", *parts)).lines
    assert (line.amount, line.party) == (Decimal(10_000), "A; B")


def test_debits_and_reversals() -> None:
    out, back, undone = read(
        entry("5.00", side="DBIT"),
        entry("7.00", details("Andrea Martin", text="Return"), side="DBIT", reversal=True),
        entry("9.00", side="CRDT", reversal=True),
    ).lines
    assert (out.is_credit, out.is_reversal) == (False, False)
    assert (back.is_credit, back.is_reversal, back.party) == (False, True, "Andrea Martin")
    assert (undone.is_credit, undone.is_reversal) == (True, True)


def test_several_statements_in_one_file() -> None:
    found = read_camt053(
        camt([statement(entry("1.00")), statement(entry("2.00"), entry("3.00"), iban="GB29NWBK60161331926819")])
    )
    assert [line.amount for line in found.lines] == [1, 2, 3]
    assert found.account == "DE89370400440532013000, GB29NWBK60161331926819"


def test_names_may_have_a_prefix() -> None:
    plain = camt(statement(entry("1.00", details("Andrea Martin")))).decode()
    prefixed = re.sub(r"<(/?)(?=[A-Z])", r"<\1n:", plain).replace("xmlns=", "xmlns:n=")
    assert read_camt053(prefixed.encode()) == read_camt053(plain.encode())


def test_what_is_not_booked_yet_is_left_out_and_said() -> None:
    found = read(entry("1.00"), entry("2.00", status="PDNG"))
    assert [line.amount for line in found.lines] == [1]
    assert found.left_out == ("Entries that the bank has not booked yet were left out: 1.",)


@pytest.mark.parametrize(
    "prologue",
    [
        '<!DOCTYPE Document [<!ENTITY a "aaaa">]>',
        '<!DOCTYPE Document SYSTEM "file:///etc/passwd">',
        "<!  doctype Document>",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_and_document_types_are_refused_before_it_is_parsed(
    prologue: str, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camt053, "Camt053Parser", lambda _: pytest.fail("it was parsed"))
    content = camt(statement(entry("1.00")), prologue=prologue).decode().replace("UTF-8", encoding).encode(encoding)
    assert "declares a document type" in refusal(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<a/>",
        b"<Document",
        b"\xff\xfe<",
        camt(statement(entry("1.00"))).replace(b"camt.053", b"camt.052"),
        camt(statement(entry("1.00"))).replace(b"UTF-8", b"UTF-7"),
        camt(statement(entry("1.00"))).replace(b"Stmt>", b"Rpt>"),
        camt(statement(entry("1.00", details("Zürich")))).decode().encode("latin-1"),
        camt(statement()),
        camt(""),
        camt(statement(entry("1.00")))[:-40],
        camt(statement("<Ntry/>")),
        camt(statement(entry("-1.00"))),
        camt(statement(entry("1,00"))),
        camt(statement(entry("1.005"))),
        camt(statement(entry("NaN"))),
        camt(statement(entry("1.00", side="BOTH"))),
        camt(statement(entry("1.00", day="7 June"))),
        camt(statement(entry("1.00", day=""))),
        camt(statement("<Ntry><Amt>1.00</Amt></Ntry>")),
        camt(statement("<Ntry><Ntry><Amt>1.00</Amt></Ntry></Ntry>")),
    ],
)
def test_what_is_no_statement_is_refused_in_words(content: bytes) -> None:
    told = refusal(content)
    assert told.endswith((".", "."))
    assert "Traceback" not in told


def test_every_wrong_entry_is_told() -> None:
    told = refusal(camt(statement(entry("1.00"), entry("x"), entry("1.00", side="?"))))
    assert [line.partition(":")[0] for line in told.splitlines()] == ["Entry 2", "Entry 3"]


WHOLE = camt(statement(entry("10.00", details("A", "4.00"), details("B", "6.00")), entry("2.00", side="DBIT")))


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, len(WHOLE) - 1), st.binary(max_size=6))
def test_a_damaged_file_is_a_statement_or_refused(start: int, end: int, instead: bytes) -> None:
    with suppress(StatementRefused):
        found = read_camt053(WHOLE[: min(start, end)] + instead + WHOLE[max(start, end) :])
        assert all(line.amount > 0 for line in found.lines)
