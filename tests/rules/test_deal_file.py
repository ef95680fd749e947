"""The deal file: what is read, what is refused and where, and that writing and reading are inverse."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from closing.rules.deal_file import DealFileRefused, read_deal, write_deal
from closing.rules.evidence import OfficerCertificate, ProxyTally
from closing.rules.facts import Facts
from closing.rules.findings import State
from closing.rules.gate import evaluate
from closing.rules.prices import stated_amount
from closing.rules.terms import Address, Deal, Fault, Investor, LineKind, SignatureBlock

SAMPLES = Path(__file__).parents[2] / "closing" / "samples"
CERPLEX = (SAMPLES / "cerplex-1996.toml").read_text()
DEALS = ("cerplex-1996", "series-seed", "note-purchase")
FEE, EXPENSE, _ = LineKind
SHAPES = {
    "cerplex-1996": (Decimal(25000), (FEE,), True),
    "series-seed": (Decimal(15000), (FEE, EXPENSE), True),
    "note-purchase": (None, (FEE,), False),
}


@pytest.fixture(scope="module")
def cerplex() -> Deal:
    return read_deal(CERPLEX, "cerplex.toml")


def refused(*changes: tuple[str, str], text: str = CERPLEX) -> list[str]:
    """The problems of the Cerplex file after some replacements, each of which must hit."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    with pytest.raises(DealFileRefused) as caught:
        read_deal(text, "cerplex.toml")
    assert str(caught.value) == "\n".join(str(each) for each in caught.value.problems)
    return [str(each) for each in caught.value.problems]


def test_the_cerplex_deal_is_the_agreement(cerplex: Deal) -> None:
    assert (cerplex.shares, cerplex.purchase_price) == (8000, Decimal("8000000.00"))
    assert [investor.shares for investor in cerplex.investors] == [
        2269, 231, 1575, 103, 183, 373, 157, 109, 100, 10, 200, 1000, 300, 1332, 58,
    ]  # fmt: skip
    assert len(cerplex.block_by_key) == 17
    assert [each.section for each in cerplex.conditions] == [
        *(f"2(a)({n})" for n in ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")),
        *(f"2(b)({n})" for n in ("i", "ii", "iii", "iv", "v")),
    ]
    assert cerplex.closing.at == datetime(1996, 6, 10, 18, 0, tzinfo=UTC)
    assert cerplex.fees[0].cap == Decimal(25000)
    assert cerplex.survival.months == 18


def test_sprout_signs_through_its_chain(cerplex: Deal) -> None:
    block = cerplex.block_by_key["sprout"]
    assert [(link.entity, link.capacity) for link in block.chain] == [
        ("DLJ Capital Corporation", "General Managing Partner")
    ]
    assert (block.signer, block.title, block.title_line) == ("Robert Finzi", "Attorney-in-Fact", False)


def test_the_fairbairns_are_one_investor_with_two_blocks(cerplex: Deal) -> None:
    investor = cerplex.investor_by_name["Malcolm and Emily Fairbairn"]
    assert [block.party for block in investor.blocks] == ["Malcolm Fairbairn", "Emily Fairbairn"]


def test_every_party_signs_the_two_agreements(cerplex: Deal) -> None:
    pages = {each.key: len(cerplex.blocks_for(each)) for each in cerplex.deliverables}
    assert pages["stock-purchase-agreement"] == pages["registration-rights-agreement"] == 17
    assert sum(pages.values()) == 36


def test_about_a_quarter_of_the_proceeds_repays_debt(cerplex: Deal) -> None:
    (use,) = cerplex.proceeds
    assert (use.section, use.about) == ("5(e)", True)
    assert stated_amount(use, cerplex.purchase_price) == Decimal("2000000.00")
    assert stated_amount(use, Decimal("0.10")) == Decimal("0.03")


@pytest.mark.parametrize("code", DEALS)
def test_writing_and_reading_a_sample_is_a_fixed_point(code: str) -> None:
    deal = read_deal((SAMPLES / f"{code}.toml").read_text())
    assert deal.code == code
    text = write_deal(deal)
    assert read_deal(text) == deal
    assert write_deal(read_deal(text)) == text


@pytest.mark.parametrize("code", DEALS)
def test_a_sample_with_nothing_on_file_is_open(code: str) -> None:
    deal = read_deal((SAMPLES / f"{code}.toml").read_text())
    gate = evaluate(deal, Facts(deal=code), deal.closing.at)
    assert {each.state for each in gate.conditions} <= {State.OPEN, State.NOT_YET_POSSIBLE}
    assert gate.ready == ()
    assert gate.signatures.signed == 0 < gate.signatures.pages


def test_a_price_that_is_not_shares_times_price_is_named_by_row() -> None:
    assert refused(('purchase_price = "103000.00"', 'purchase_price = "103000.01"')) == [
        "cerplex.toml: [[investors]] row 4 (The & Trust), purchase_price: "
        "103000.01 is not 103 shares x 1000.00 = 103000.00",
        "cerplex.toml: [security], max_amount: Schedule A sells for 8000000.01, more than 8000000.00",
        "cerplex.toml: [schedule_a], purchase_price: the rows add up to 8000000.01, not 8000000.00",
    ]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("a]\nshares = 8000", "a]\nshares = 7999", "[schedule_a], shares: the rows add up to 8000 shares, not 7999"),
        ('purchase_price = "8000000.00"', 'purchase_price = "1.00"', "[schedule_a], purchase_price: the rows"),
        ("max_shares = 8000", "max_shares = 7999", "[security], max_shares: Schedule A sells 8000 shares"),
        ('max_amount = "8000000.00"', 'max_amount = "7999999.99"', "[security], max_amount: Schedule A sells"),
        ('serves = ["2(a)(i)"]', 'serves = ["2(a)(x)"]', 'serves: "2(a)(x)" is no condition'),
        ('certifies = ["2(a)(i)"', 'certifies = ["2(a)(x)"', 'evidence, certifies: "2(a)(x)" is no condition'),
        ('certifies = ["2(a)(i)"', 'certifies = ["2(a)(iv)"', "2(a)(iv) would certify itself"),
        ('document = "compliance-certificate"', 'document = "nothing"', '"nothing" is no deliverable'),
        ('counsel = "company-counsel"', 'counsel = "nobody"', '"nobody" is no counsel'),
        ('counsel = "investors-counsel"', 'counsel = "nobody"', "[[fees]] row 1 (6(d)), counsel"),
        ('contacts = ["Bruce D. Nye"]', 'contacts = ["Bruce Nye"]', "[issuer], contacts"),
        ('person = "Bruce D. Nye"', 'person = "X"', "[issuer], blocks row 1 (cerplex), person"),
        ('name = "DLJ Capital Corporation"\nshares', 'name = "SPROUT  growth II, L.P."\nshares',
         "[[investors]] row 2 (SPROUT  growth II, L.P.), name"),
        ('key = "dlj"', 'key = "sprout"', "[[investors]] row 2 (DLJ Capital Corporation), blocks, key"),
        ('key = "charter-documents"', 'key = "board-resolutions"', "[[deliverables]] row 8 (board-resolutions), key"),
        ('section = "2(a)(ix)"\nheading', 'section = "2(a)(viii)"\nheading', "row 9 (2(a)(viii)), section"),
        ('  { code = "US-MA", name', '  { code = "US-NV", name', '"US-MA" is missing: Andrea Martin'),
        ("2(a)(viii)", "2(a) (viii)", "is no condition"),
        ("1996-06-10T11:00:00-07:00", "1996-06-10T11:00:00", "11:00:00 is a date without a zone"),
        ("1996-06-10T11:00:00-07:00", "1996-06-10", "[closing], at: 1996-06-10 is a date without a time and a zone"),
        ("1996-06-10T11:00:00-07:00", "1996-06-10T11:00:00-08:00", "it would be 1996-06-10T12:00:00-07:00"),
        ('"America/Los_Angeles"', '"America/Tustin"', '[closing], time_zone: "America/Tustin" is no time zone'),
        ('"America/Los_Angeles"', '"../../etc/passwd"', "[closing], time_zone"),
        ('cap = "25000.00"', 'cap = "-1.00"', "[fees], cap: -1.00 is negative"),
        ('cap = "25000.00"\n', "", "[fees], cap: is missing"),
        ('currency = "USD"', 'currency = "usd"', "[agreement], currency"),
        ('price_per_share = "1000.00"', "price_per_share = 1000.00", 'write it in quotes: "1000.00"'),
        ('price_per_share = "1000.00"', 'price_per_share = "1,000.00"', 'write it as "1000.00"'),
        ("shares = 2269", 'shares = "2269"', "[[investors]] row 1 (Sprout Growth II, L.P.), shares"),
        ("shares = 2269", "shares = 0", "row 1 (Sprout Growth II, L.P.), shares: should be at least 1"),
        ("shares = 2269", "shares = -1", "-1 is negative"),
        ("shares = 2269", "share = 2269", "share: is not a field of this table; did you mean shares?"),
        ('more_than = "1/2"\n\n', 'more_than = "1/2"\nat_least = "1/2"\n\n', "exactly one of more_than and at_least"),
        ('more_than = "1/2"\n\n', "\n", "give exactly one of more_than and at_least"),
        ('more_than = "1/2"\n\n', 'more_than = "3/2"\n\n', "3/2 should lie between 0 and 1"),
        ('fraction = "1/4"\n', "", "[[proceeds]] row 1 (5(e)): give exactly one of fraction and amount"),
        ('fraction = "1/4"', 'fraction = "1/4"\namount = "1.00"', "give exactly one of fraction and amount"),
        ('fraction = "1/4"', 'fraction = "5/4"', "5/4 should be more than 0 and at most 1"),
        ('fraction = "1/4"', 'fraction = "0/4"', "fraction: "),
        ('fraction = "1/4"', 'amount = "0.00"', "[[proceeds]] row 1 (5(e)), amount: should be more than 0"),
        ('fraction = "1/4"', 'amount = "8000000.01"', "[proceeds]: these uses come to 8000000.01, more than the"),
        ('purpose = "Repayment of existing indebtedness"', 'purpose = ""', "[[proceeds]] row 1 (5(e)), purpose"),
        ('kind = "payment"', 'kind = "cheque"', '"cheque" is no kind of evidence; the kinds are "bring-down"'),
        ('kind = "payment"', "", "evidence, kind: is missing"),
        ('obligation = "issuer"', 'obligation = "company"', '"company" is not one of "investors", "issuer"'),
        ('name = "Cerplex Series B"', 'name = " Cerplex"', "begins or ends with a space"),
        ('name = "Cerplex Series B"', 'name = "Cer\\u0000plex"', "does not print"),
        ('code = "cerplex-1996"', 'code = "Cerplex 1996"', "code: "),
        ('format = "closing-deal/1"', 'format = "closing-deal/9"', 'format: should be "closing-deal/1"'),
        ('format = "closing-deal/1"\n', "", "it is missing"),
        ("[survival]", "[survive]", "did you mean survival?"),
        ("[agreement]", "[agreement", "cannot be read as TOML"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_table_row_and_field(old: str, new: str, told: str) -> None:
    problems = refused((old, new))
    assert any(told in each for each in problems), problems


def test_all_problems_are_told_at_once_and_none_twice() -> None:
    problems = refused(
        ('email = "bruce.nye@cerplex.example"', 'email = "bruce"'),
        ('cap = "25000.00"', "cap = 25000.00"),
        ("shares = 2269", "shares = 2268"),
    )
    assert len(problems) == len(set(problems))
    assert [each.split(",")[0] for each in problems] == [
        "cerplex.toml: [fees]",
        "cerplex.toml: [[people]] row 1 (Bruce D. Nye)",
        "cerplex.toml: [[investors]] row 1 (Sprout Growth II",
        "cerplex.toml: [schedule_a]",
    ]


def test_one_mistake_in_a_row_raises_no_false_alarm_about_totals() -> None:
    assert len(refused(("shares = 2269", "shares = 2269.0"))) == 1


def test_a_name_with_markup_in_it_is_a_name(cerplex: Deal) -> None:
    name = '<b onclick="x">A & "B"</b> \\ \' é \U0001f600'
    first = replace(cerplex.investors[0], name=name)
    deal = replace(cerplex, investors=(first, *cerplex.investors[1:]))
    assert read_deal(write_deal(deal)) == deal


def test_no_cap_is_said_and_not_left_out(cerplex: Deal) -> None:
    deal = replace(cerplex, fees=(replace(cerplex.fees[0], cap=None),))
    assert 'cap = "none"' in write_deal(deal)
    assert read_deal(write_deal(deal)) == deal


def test_times_are_written_in_the_zone_of_the_deal(cerplex: Deal) -> None:
    utc = replace(cerplex.closing, at=cerplex.closing.at.astimezone(UTC))
    assert write_deal(replace(cerplex, closing=utc)) == write_deal(cerplex)


def test_a_price_in_parts_of_a_cent_is_rounded_in_the_row() -> None:
    text = (SAMPLES / "series-seed.toml").read_text().replace('"1.25"', '"1.2345"')
    for before, after in (("1000000", "987600"), ("200000", "197520"), ("50000", "49380"), ("1250000", "1234500")):
        text = text.replace(f'purchase_price = "{before}.00"', f'purchase_price = "{after}.00"')
    assert read_deal(text).purchase_price == Decimal("1234500.00")


def test_certificates_that_certify_one_another_in_a_circle_are_refused(cerplex: Deal) -> None:
    def certifies(section: str, other: str) -> None:
        index = [each.section for each in conditions].index(section)
        evidence = OfficerCertificate(document="compliance-certificate", titles=("Chair",), certifies=(other,))
        conditions[index] = replace(conditions[index], evidence=evidence)

    conditions = list(cerplex.conditions)
    certifies("2(a)(i)", "2(a)(iv)")
    certifies("2(a)(iv)", "2(a)(i)")
    with pytest.raises(DealFileRefused, match="would certify itself"):
        read_deal(write_deal(replace(cerplex, conditions=tuple(conditions))))


names = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30).map(str.strip).filter(bool)


@st.composite
def deals(draw: st.DrawFn) -> Deal:
    """The Cerplex deal with another schedule, other words and other numbers."""
    deal = read_deal(CERPLEX)
    called = draw(st.lists(names, min_size=1, max_size=5, unique_by=lambda name: " ".join(name.casefold().split())))
    investors = []
    for number, name in enumerate(n for n in called if n not in {"issuer", "investors", *deal.counsel_by_key}):
        shares = draw(st.integers(1, 1600))
        block = SignatureBlock(
            key=f"block-{number}",
            party=draw(names),
            person="Bruce D. Nye",
            individual=draw(st.booleans()),
            title_line=draw(st.booleans()),
        )
        address = Address(lines=(draw(names),), jurisdiction=draw(st.sampled_from(["US-CA", "US-MA"])))
        investors.append(
            Investor(
                name=name,
                shares=shares,
                purchase_price=shares * deal.security.price_per_share,
                address=address,
                contacts=("Bruce D. Nye",),
                blocks=(block,),
            )
        )
    tally = next(each for each in deal.conditions if isinstance(each.evidence, ProxyTally))
    assert isinstance(tally.evidence, ProxyTally)
    fraction = draw(st.fractions(Fraction(1, 1000), Fraction(999, 1000), max_denominator=1000))
    other = replace(tally, evidence=replace(tally.evidence, more_than=fraction))
    return replace(
        deal,
        investors=tuple(investors or deal.investors),
        conditions=tuple(other if each is tally else each for each in deal.conditions),
        faults=(Fault(section="1", text=draw(names)),),
        closing=replace(deal.closing, at=deal.closing.at + timedelta(seconds=draw(st.integers(0, 10**9)))),
    )


@settings(deadline=None, max_examples=60)
@given(deals())
def test_any_deal_that_is_written_is_read_back_the_same(deal: Deal) -> None:
    text = write_deal(deal)
    assert read_deal(text) == deal
    assert write_deal(read_deal(text)) == text


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=400) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_any_text_is_read_or_refused_and_never_anything_else(text: str) -> None:
    with pytest.raises(DealFileRefused):
        read_deal(text)


LINES = CERPLEX.splitlines()


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, len(LINES) - 1),
    st.sampled_from(["", 'x = "y"', "[[investors]]", "at = 1", "name = []", "shares = 1.5"]),
)
def test_a_line_put_in_place_of_another_is_read_or_refused_in_words(row: int, line: str) -> None:
    text = "\n".join([*LINES[:row], line, *LINES[row + 1 :]])
    try:
        deal = read_deal(text)
    except DealFileRefused as refusal:
        told = [each.text for each in refusal.problems]
    else:
        told = ["" if read_deal(write_deal(deal)) != deal else "read"]
    assert told
    assert all(told)


@pytest.mark.parametrize("name", DEALS)
def test_the_sample_deals_have_caps_of_different_shapes(name: str) -> None:
    (fees,) = read_deal((SAMPLES / f"{name}.toml").read_text()).fees
    assert (fees.cap, fees.cap_covers, fees.only_if_closed) == SHAPES[name]


def test_a_cap_for_each_counsel_is_read_and_written() -> None:
    one = '[fees]\nsection = "6(d)"\ncounsel = "investors-counsel"\n'
    text = (SAMPLES / "cerplex-1996.toml").read_text()
    two = '[[fees]]\nsection = "6(e)"\ncounsel = "company-counsel"\ncap = "none"\n\n'
    assert one in text
    deal = read_deal(text.replace(one, two + one.replace("[fees]", "[[fees]]")))
    assert [(each.section, each.counsel, each.cap) for each in deal.fees] == [
        ("6(e)", "company-counsel", None),
        ("6(d)", "investors-counsel", Decimal(25000)),
    ]
    assert read_deal(write_deal(deal)) == deal
    assert write_deal(deal).count("[[fees]]") == 2


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('cap_covers = ["fee"]', 'cap_covers = ["fee", "dispute"]', "stands outside every cap"),
        ('cap_covers = ["fee"]', "cap_covers = []", "names nothing that the cap limits"),
        ("[fees]\n", '[[fees]]\nsection = "x"\ncounsel = "investors-counsel"\ncap = "1"\n\n[[fees]]\n', "row 1 too"),
    ],
)
def test_a_cap_that_cannot_be_is_refused(old: str, new: str, told: str) -> None:
    problems = refused((old, new))
    assert any(told in each for each in problems), problems
