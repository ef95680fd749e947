"""Banks' statements as CSV: their columns in any order and dialect, and what is wrong told by row."""

from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from closing.papers.bank_csv import read_csv
from closing.papers.statements import StatementLine, StatementRefused, amount_of

AMERICAN = """Account,XXXX4321,,,,
Date,Description,Payer,Amount,Bank Reference,Currency
06/07/1996,Series B,"Martin, Andrea","10,000.00",FED 0007,USD
06/07/1996,Rent,Landlord,"(2,500.00)",,USD
"""
EUROPEAN = """Booking date;Name;Remittance information;Credit;Debit;Currency
07.06.1996;Mahuma N.V.;"Aktien; Serie B";58.000,00;;USD
07.06.1996;Bank;Gebühr;;12,50;USD
"""


def lines(text: str | bytes) -> tuple[StatementLine, ...]:
    return read_csv(text.encode() if isinstance(text, str) else text).lines


def refusal(text: str | bytes) -> str:
    with pytest.raises(StatementRefused) as told:
        lines(text)
    return str(told.value)


def test_columns_are_known_by_their_headings() -> None:
    one, two = lines(AMERICAN)
    assert one == StatementLine(
        row=3,
        booked_on=date(1996, 6, 7),
        amount=Decimal(10_000),
        currency="USD",
        is_credit=True,
        party="Martin, Andrea",
        reference="Series B",
        bank_reference="FED 0007",
    )
    assert (two.amount, two.is_credit) == (Decimal(2_500), False)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_semicolons_commas_for_decimals_and_any_usual_encoding(encoding: str) -> None:
    came, went = lines(EUROPEAN.encode(encoding))
    assert (came.booked_on, came.amount, came.is_credit) == (date(1996, 6, 7), Decimal(58_000), True)
    assert came.reference == "Aktien; Serie B"
    assert (went.amount, went.is_credit, went.reference) == (Decimal("12.50"), False, "Gebühr")


def test_a_column_that_says_which_side() -> None:
    said = "Value Date\tAmount\tCR/DR\tFrom\n1996-06-07\t5.00\tDR\tBank\n1996-06-07\t6.00\tCR\tBank\n"
    assert [(each.amount, each.is_credit) for each in lines(said)] == [(Decimal(5), False), (Decimal(6), True)]


@pytest.mark.parametrize(
    "said",
    [
        "Date,Description,Type,Amount\n06/07/1996,Rent,Debit,5.00\n06/07/1996,Mahuma N.V.,Credit,6.00\n",
        "Date,Transaction Type,Description,Amount\n06/07/1996,DEBIT,Rent,5.00\n06/07/1996,CREDIT,Mahuma N.V.,6.00\n",
        "Date,Type,Description,Amount\n06/07/1996,OUTGOING_WIRE,Rent,5.00\n06/07/1996,INCOMING_WIRE,Mahuma N.V.,6.00\n",
        "Date,Description,D/C,Amount\n06/07/1996,Rent,D,5.00\n06/07/1996,Mahuma N.V.,C,6.00\n",
        "Date,Description,Debit/Credit Indicator,Amount\n06/07/1996,Rent,D,5.00\n06/07/1996,Mahuma N.V.,C,6.00\n",
        "Details,Posting Date,Description,Amount\nDEBIT,06/07/1996,Rent,-5.00\nCREDIT,06/07/1996,Mahuma N.V.,6.00\n",
        "Date,Direction,Description,Amount\n06/07/1996,OUT,Rent,5.00\n06/07/1996,IN,Mahuma N.V.,6.00\n",
        "Date,Description,Amount\n06/07/1996,Rent,5.00 DR\n06/07/1996,Mahuma N.V.,6.00CR\n",
    ],
)
def test_what_went_never_reads_as_what_came(said: str) -> None:
    went, came = lines(said)
    assert [(each.amount, each.is_credit) for each in (went, came)] == [(Decimal(5), False), (Decimal(6), True)]
    assert (went.reference, came.reference) == ("Rent", "Mahuma N.V.")


def test_a_kind_that_says_of_one_row_that_it_went_must_say_a_side_of_all() -> None:
    said = "Date,Description,Type,Amount\n06/07/1996,Rent,Debit,5.00\n06/07/1996,Fee,Charge,1.00\n"
    assert refusal(said).startswith("Row 3: “Charge” says neither credit nor debit.")
    kinds = "Date,Description,Type,Amount\n06/07/1996,Rent,ACH_CREDIT,-5.00\n06/07/1996,Fee,Charge,-1.00\n"
    assert [each.is_credit for each in lines(kinds)] == [False, False], "the amounts say it themselves"


def test_nothing_that_the_payer_wrote_is_lost_whichever_columns_it_stands_in() -> None:
    said = "Date,Description,Reference,Amount\n06/07/1996,WIRE FROM MAHUMA,FED 7,1.00\n06/07/1996,FED 8,FED 8,1.00\n"
    assert [each.reference for each in lines(said)] == ["FED 7; WIRE FROM MAHUMA", "FED 8"]
    divided = "As Of Date,Data Type,Description,Amount,Text\n06/07/1996,Debits,OUTGOING,5.00,RENT\n"
    (line,) = lines(divided)
    assert (line.reference, line.is_credit) == ("OUTGOING; RENT", False)


def test_a_dash_is_no_amount_and_no_mistake() -> None:
    (line,) = lines("Date,Debit,Credit\n06/07/1996,-,10.00\n06/07/1996,—,–\n")
    assert (line.amount, line.is_credit) == (Decimal(10), True)


def test_headings_may_name_the_currency_and_the_file_its_separator() -> None:
    (line,) = lines("Date,Payer,Debit (USD),Credit (USD),Balance (USD)\n06/07/1996,Mahuma N.V.,,58000.00,1.00\n")
    assert (line.amount, line.currency, line.is_credit) == (Decimal(58_000), "USD", True)
    (line,) = lines("sep=;\nDate;Payer;Amount [EUR]\n07.06.1996;Martin, Andrea;10.000,00\n")
    assert (line.row, line.party, line.amount, line.currency) == (3, "Martin, Andrea", Decimal(10_000), "EUR")


def test_slashes_are_day_first_where_one_can_be_nothing_else() -> None:
    said = "Date,Amount\n07/06/1996,1.00\n13/06/1996,1.00\n"
    assert [each.booked_on for each in lines(said)] == [date(1996, 6, 7), date(1996, 6, 13)]


def test_a_formula_is_a_text_and_no_amount() -> None:
    (line,) = lines('Date,Amount,Payer\n1996-06-07,1.00,"=HYPERLINK(""x"")"\n')
    assert line.party == '=HYPERLINK("x")'
    assert refusal("Date,Amount\n1996-06-07,=1+1\n") == (
        "Row 2: “=1+1” is no amount. Correct it in the file, and choose it again."
    )


def test_every_wrong_row_is_told_and_nothing_is_taken() -> None:
    told = refusal("Date,Credit,Debit,Currency\n1996-06-31,1,,USD\n,1,,USD\n1996-06-07,1,2,\n1996-06-07,1,,dollars\n")
    assert [line.partition(":")[0] for line in told.splitlines()] == ["Row 2", "Row 3", "Row 4", "Row 5"]
    many = refusal("Date,Amount\n" + "x,1.00\n" * 50)
    assert len(many.splitlines()) == 13
    assert many.endswith("and 38 more like these.")


def test_rows_without_an_amount_are_left_out_and_said() -> None:
    read = read_csv(b"Date,Description,Amount\n1996-06-07,Opening balance,\n1996-06-07,Wire,1.00\n")
    assert read.left_out == ("Rows without an amount were left out: 2.",)
    assert len(read.lines) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   \n ",
        b"Date,Amount\n",
        b"Some,Words\n1,2\n",
        b"\x00\x01\x02\x03",
        "Date,Payer,Amount\n1996-06-07,Zürich,1.00\n".encode() + "1996-06-07,Zürich,1.00\n".encode("cp1252"),
        b"\xff\xfeD\x00a",
        b'Date,Amount\n"1996-06-07,1.00\n' * 3,
        b"PK\x03\x04 a workbook",
    ],
)
def test_what_is_no_statement_is_refused_in_words(content: bytes) -> None:
    assert refusal(content).endswith((".", "again."))


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("$1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1'234.50", "1234.50"),
        ("1 234,50", "1234.50"),
        ("-5", "-5"),
        ("5.00-", "-5"),
        ("(5.00)", "-5"),
        ("−5,00", "-5"),
        ("USD 5.00", "5"),
        ("+5.00", "5"),
    ],
)
def test_amounts_as_banks_write_them(text: str, amount: str) -> None:
    assert amount_of(text) == Decimal(amount)


@pytest.mark.parametrize("text", ["1.234", "12,345,67", "1,23,456", "5.005", "NaN", "1e5", "", "٥", "9" * 30, "0x1"])
def test_what_could_be_two_amounts_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="no amount"):
        amount_of(text)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_statement_or_refused(content: bytes) -> None:
    for text in (content, b"Date,Amount,Payer\n" + content):
        with suppress(StatementRefused):
            read_csv(text)


@given(st.integers(1, 10**13))
def test_an_amount_comes_back_to_the_cent(cents: int) -> None:
    amount = Decimal(cents) / 100
    assert amount_of(f"{amount:,.2f}") == amount
    assert amount_of(f"({amount:.2f})") == -amount
