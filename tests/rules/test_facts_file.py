"""The facts file: what is read, what cannot be, and that writing and reading are inverse."""

import re
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings, strategies as st

from closing.rules.evidence import InOrder
from closing.rules.facts import Facts, Payment, Signature, StepTaken
from closing.rules.facts_checks import READS
from closing.rules.facts_file import FactsFileRefused, check_facts, check_new, read_facts, write_facts
from closing.rules.gate import evaluate
from tests.rules.any_facts import CERPLEX, SAMPLES, days, valid_facts

OPENING = (SAMPLES / "cerplex-1996.opening.toml").read_text()
PACIFIC = timezone(timedelta(hours=-7))
MORNING = datetime(1996, 6, 3, 9, 0, tzinfo=PACIFIC)
HEAD = 'format = "closing-facts/1"\ndeal = "cerplex-1996"\n'
AT = "at = 1996-06-01T10:00:00-07:00\n"


def facts_of(name: str) -> Facts:
    return read_facts((SAMPLES / f"cerplex-1996.{name}.toml").read_text(), CERPLEX, name)


def problems_of(*tables: str) -> list[str]:
    """What is wrong with these tables, each of which gets an `at` after its first line."""
    text = HEAD + "\n".join(table.replace("]]\n", f"]]\n{AT}", 1) for table in tables)
    try:
        read_facts(text, CERPLEX, "facts.toml")
    except FactsFileRefused as refusal:
        return [str(each) for each in refusal.problems]
    return []


def test_the_opening_facts_leave_open_what_the_demonstration_shows() -> None:
    gate = evaluate(CERPLEX, facts_of("opening"), MORNING)
    assert not gate.ready
    assert gate.price_received == Decimal("7750000.00")
    waived = {name for name in CERPLEX.investor_by_name if gate.investor(name).cells["2(a)(vi)"].state == "waived"}
    assert waived == {
        "Sprout Growth II, L.P.",
        "DLJ Capital Corporation",
        "Peak Investment Limited Partnership",
        "Pleiades Investment Partners",
    }
    assert {each.item for each in gate.condition("2(a)(viii)").finding.common} == {
        "the-and-trust",
        "chestnut-pacific",
        "standard-global",
        "holders-of-prior-registration-rights",
    }
    assert all(each.met == 0 for each in gate.conditions if each.condition.section == "2(a)(ix)")


def test_on_closing_day_everything_is_in() -> None:
    gate = evaluate(CERPLEX, facts_of("closing-day"), datetime(1996, 6, 10, 10, 30, tzinfo=PACIFIC))
    assert gate.is_ready
    assert gate.price_received == Decimal("8000000.00")
    assert {each.state for each in gate.conditions} == {"met"}


def test_the_examples_of_the_manual_are_read() -> None:
    manual = (SAMPLES.parents[1] / "docs" / "deal-file.md").read_text()
    deal_part, facts_part = manual.split("# The facts file\n")
    facts = read_facts(HEAD + "\n".join(re.findall(r"```toml\n(.*?)```", facts_part, re.DOTALL)), CERPLEX)
    shown = {table for table, rows in facts.tables() if rows}
    assert shown == {table for table, _ in facts.tables()}
    kinds = {each.evidence.kind for each in CERPLEX.conditions}
    assert set(re.findall(r'^kind = "(.*)"$', deal_part, re.MULTILINE)) == kinds


def test_the_opening_facts_are_on_file_before_the_demonstration_opens() -> None:
    facts = facts_of("opening")
    moments = [fact.at for _, rows in facts.tables() for fact in rows]
    assert datetime(1996, 5, 20, tzinfo=PACIFIC) <= min(moments)
    assert max(moments) <= datetime(1996, 6, 3, 8, 30, tzinfo=PACIFIC)


@pytest.mark.parametrize("name", ["opening", "closing-day"])
def test_writing_and_reading_a_sample_is_a_fixed_point(name: str) -> None:
    facts = facts_of(name)
    text = write_facts(facts, CERPLEX)
    assert read_facts(text, CERPLEX) == facts
    assert write_facts(read_facts(text, CERPLEX), CERPLEX) == text


SPROUT = 'investor = "Sprout Growth II, L.P."\n'
STOCK = '[voting_stock]\nrecord_date = 1996-05-20\nholders = [{ name = "Peak", shares = 10 }]\n'
WAIVER = '[[waivers]]\nkey = "w"\nsections = ["2(a)(vi)"]\ntext = "All of it."\n'
PROPOSAL = '[[proposals]]\nkey = "p"\nmatter = "amendment"\n'
BILL = (
    '[[bills]]\nnumber = "1"\ncounsel = "investors-counsel"\ndated = 1996-05-31\n'
    'lines = [{ kind = "fee", description = "Work", amount = "30000.00" }]\n'
)


BILL_OF_COMPANY = BILL.replace("investors-counsel", "company-counsel")
WRITTEN_OFF = '[[write_offs]]\nbill = "1"\nkind = "fee"\namount = "{}"\n'
REVERSED = '[[fee_reversals]]\nbill = "1"\nkind = "fee"\namount = "{}"\n'


def credited(amount: str) -> str:
    line = f'{{ kind = "fee", description = "Twice", amount = "{amount}" }}'
    return f'[[credit_notes]]\nbill = "1"\nnumber = "C"\ndated = 1996-06-01\nlines = [{line}]\n'


def bill_paid(amount: str, kind: str = "fee") -> str:
    return f'[[fee_payments]]\nbill = "1"\nkind = "{kind}"\namount = "{amount}"\n'


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        ([WAIVER, '[[consents]]\nwaiver = "w"\ninvestor = "Nobody"\n'],
         '[[consents]] row 1 (Nobody), investor: "Nobody" is no investor'),
        ([WAIVER, f'[[consents]]\nwaiver = "v"\n{SPROUT}'], 'waiver: "v" is no waiver'),
        ([WAIVER, f'[[consents]]\nwaiver = "w"\n{SPROUT}blocks = ["dlj"]\n'],
         'blocks: "dlj" does not sign for Sprout'),
        ([WAIVER, '[[consents]]\nwaiver = "w"\ninvestor = "Malcolm and Emily Fairbairn"\nblocks = ["sprout"]\n'],
         'blocks: "sprout" does not sign for Malcolm and Emily Fairbairn'),
        ([WAIVER, '[[consents]]\nwaiver = "w"\ninvestor = "Malcolm and Emily Fairbairn"\n'],
         "name who answered for Malcolm and Emily Fairbairn"),
        ([WAIVER, f'[[consents]]\nwaiver = "w"\n{SPROUT}', f'[[consents]]\nwaiver = "w"\n{SPROUT}declined = true\n'],
         "answers the same waiver as row 1"),
        ([WAIVER.replace("2(a)(vi)", "2(b)(ii)"), f'[[consents]]\nwaiver = "w"\n{SPROUT}'], "is the issuer's to give"),
        ([f'[[payments]]\n{SPROUT}amount = "1.00"\ncurrency = "EUR"\n'],
         "currency: EUR is not the currency of this deal, USD"),
        ([f'[[payments]]\n{SPROUT}amount = "-1.00"\ncurrency = "USD"\n'], "amount: -1.00 is negative"),
        ([f'[[payments]]\n{SPROUT}amount = "0.00"\ncurrency = "USD"\n'], "should be more than 0"),
        ([f'[[payments]]\n{SPROUT}amount = "1.001"\ncurrency = "USD"\n'], "has parts of a cent"),
        ([f'[[payments]]\n{SPROUT}amount = 1.0\ncurrency = "USD"\n'], "binary float"),
        (['[[payments]]\ninvestor = "Nobody"\namount = "1.00"\ncurrency = "USD"\n'], '"Nobody" is no investor'),
        ([f'[[payments]]\n{SPROUT}amount = "1.00"\ncurrency = "USD"\nmethod = "cash"\n'], 'not one of "wire", "check"'),
        (['[[signatures]]\ndocument = "stock-purchase-agreement"\nblock = "nobody"\n'],
         'block: "nobody" is no signature block'),
        (['[[signatures]]\ndocument = "nothing"\nblock = "sprout"\n'], 'document: "nothing" is no deliverable'),
        (['[[signatures]]\ndocument = "compliance-certificate"\nblock = "sprout"\n'], '"sprout" does not sign'),
        (['[[signatures]]\ndocument = "stock-purchase-agreement"\nblock = "dlj"\n'] * 2,
         "[[signatures]] row 2 (dlj), block: this page is on file already, in row 1"),
        (['[[signatures]]\ndocument = "stock-purchase-agreement"\nblock = "dlj"\nreleased_at = 1996-05-01T00:00:00Z\n'],
         "released_at: lies before"),
        (['[[sign_offs]]\nsection = "2(a)(x)"\nparty = "issuer"\n'], '"2(a)(x)" is no condition'),
        (['[[sign_offs]]\nsection = "2(a)(i)"\nparty = "issuer"\n'], "is not met by a sign-off but by bring-down"),
        (['[[sign_offs]]\nsection = "2(a)(ii)"\nparty = "issuer"\n'], 'asks no sign-off of "issuer"'),
        (['[[sign_offs]]\nsection = "2(a)(vii)"\nparty = "investors"\n'], 'asks no sign-off of "investors"'),
        ([f'[[sign_offs]]\nsection = "2(a)(ii)"\nparty = "investors-counsel"\n{SPROUT}'], "signed off for all"),
        (['[[confirmations]]\nsection = "2(a)(i)"\nparty = "company-counsel"\nas_of = 1996-06-10\n'],
         "confirmed by the issuer"),
        (['[[confirmations]]\nsection = "2(a)(i)"\nparty = "issuer"\nas_of = 1996-06-10\nrepresentations = ["4(a)"]\n'],
         '"4(a)" is no representation'),
        (['[[disclosures]]\nrepresentation = "3(z)"\ntext = "x"\n'], '"3(z)" is no representation'),
        (['[[steps]]\nsection = "2(a)(iii)"\nstep = "sealed"\non = 1996-05-22\n'], '"sealed" is no step of 2(a)(iii)'),
        (['[[steps]]\nsection = "2(a)(iii)"\nstep = "filed"\non = 1996-05-22\n'],
         '"adopted" comes before it and is not on file'),
        (['[[steps]]\nsection = "2(a)(iii)"\nstep = "adopted"\non = 1996-05-23\n',
          '[[steps]]\nsection = "2(a)(iii)"\nstep = "filed"\non = 1996-05-22\n'],
         '[[steps]] row 2 (2(a)(iii)), on: 1996-05-22 lies before "adopted", 1996-05-23'),
        (['[[steps]]\nsection = "2(a)(iii)"\nstep = "adopted"\non = 1996-06-02\n'], "had not come"),
        (['[[deliveries]]\ndocument = "nothing"\n'], '"nothing" is no deliverable'),
        (['[[certificates]]\ndocument = "charter-documents"\nsigner = "X"\ntitle = "Y"\ndated = 1996-06-10\n'],
         "is no officer's certificate"),
        (['[[opinions]]\ndocument = "opinion-of-company-counsel"\ncounsel = "nobody"\ndated = 1996-06-10\n'],
         "no counsel"),
        (['[[qualifications]]\njurisdiction = "US-NV"\neffective_on = 1996-06-01\n'], '"US-NV" is no jurisdiction'),
        (['[[third_party_consents]]\nsection = "2(a)(viii)"\nthird_party = "bank"\n'], '"bank" is no third party'),
        ([WAIVER.replace('"2(a)(vi)"', '"2(a)(vi)", "2(b)(v)"')], "mixes conditions"),
        ([WAIVER + 'items = ["US-NV"]\n'], 'items: "US-NV" is no part of 2(a)(vi)'),
        ([WAIVER + 'investors = ["Mahuma N.V."]\n'], "binds the investors who consent"),
        ([WAIVER, WAIVER], '[[waivers]] row 2 (w), key: "w" is the key of row 1 too'),
        ([STOCK, '[[proxies]]\nstockholder = "Peak"\nshares = 11\n'], "11 is more than Peak holds, 10"),
        ([STOCK, '[[proxies]]\nstockholder = "Nobody"\nshares = 1\n'], '"Nobody" is no holder of [voting_stock]'),
        (['[[proxies]]\nstockholder = "Peak"\nshares = 1\n'], "no [voting_stock] is stated"),
        ([STOCK.replace("05-20", "05-21")], "1996-05-21 is not the record date of this deal, 1996-05-20"),
        ([STOCK.replace(" }]", ' }, { name = "PEAK", shares = 1 }]')], "holders row 2 (PEAK), name: is listed twice"),
        ([PROPOSAL.replace("amendment", "move-closing")], "say when the closing would be"),
        ([PROPOSAL + 'place = "Tustin"\n'], "belongs to moving the closing only"),
        ([PROPOSAL, '[[approvals]]\nproposal = "q"\ninvestor = "Mahuma N.V."\n'], '"q" is no proposal'),
        ([PROPOSAL, '[[approvals]]\nproposal = "p"\ninvestor = "Nobody"\n'], '"Nobody" is no investor'),
        ([BILL, bill_paid("25000.01")], "payments come to 25000.01, past the cap of 25000.00, Section 6(d)"),
        ([BILL, bill_paid("20000.00"), bill_paid("5000.01")],
         "[[fee_payments]] row 2 (1), amount: payments come to 25000.01"),
        ([BILL, bill_paid("1.00", "expense")], "payments of expense come to 1.00, and the bill has 0"),
        ([BILL, bill_paid("1.00").replace('"1"', '"2"')], 'bill: "2" is no bill'),
        ([BILL, bill_paid("1.00", "dispute")], "what a dispute costs is no part of this reimbursement"),
        ([BILL + 'received_on = 1996-05-01\n'], "1996-05-01 lies before the bill's own date"),
        ([BILL + 'received_on = 1996-06-02\n'], "1996-06-02 had not come when the bill came on file"),
        ([BILL + 'paper = "abc"\n'], '"abc" should be the SHA-256 of a file'),
        ([BILL + 'payee = "The printer"\n'], "others bill the issuer, through its own counsel"),
        ([BILL.replace("investors-counsel", "company-counsel"), bill_paid("1.00") + 'netted_from = "Mahuma N.V."\n'],
         "only what the issuer reimburses is netted from a wire"),
        ([BILL, bill_paid("1.00") + 'netted_from = "Nobody"\n'], '"Nobody" is no investor'),
        ([BILL, credited("30000.01")], "credits of fee come to 30000.01, and the bill has 30000.00"),
        ([BILL, credited("1.00"), credited("1.00")], 'number: "C" is the number of row 1 too'),
        ([BILL, credited("30000.00").replace('bill = "1"', 'bill = "2"')], 'bill: "2" is no bill'),
        ([BILL, credited("20000.00"), WRITTEN_OFF.format("10000.01")], "written off of fee comes to 10000.01"),
        ([BILL, credited("5000.00"), WRITTEN_OFF.format("1.00"), bill_paid("24999.01")],
         "payments of fee come to 24999.01, and the bill has 24999.00"),
        ([BILL, bill_paid("100.00"), REVERSED.format("100.01")], "100.01 is more than stands paid there, 100.00"),
        ([BILL, bill_paid("100.00"), REVERSED.format("1.00") + 'netted_from = "Mahuma N.V."\n'],
         "1.00 is more than stands paid there, 0.00"),
        ([BILL, bill_paid("25000.00"), REVERSED.format("1.00"), bill_paid("1.01")], "payments come to 25000.01"),
        (['[[over_cap_allotments]]\nparts = [{ investor = "Mahuma N.V.", parts = "0" }]\n'], "nobody bears anything"),
        (['[[over_cap_allotments]]\nparts = [{ investor = "Mahuma N.V.", parts = "-1" }]\n'], "-1 is negative"),
        (['[[over_cap_allotments]]\nparts = [{ investor = "Nobody", parts = "1" }]\n'], '"Nobody" is no investor'),
        ([BILL, BILL], 'number: "1" is the number of row 1 too'),
        ([BILL, BILL_OF_COMPANY, bill_paid("1.00")],
         '[[fee_payments]] row 1 (1), counsel: is missing; "1" is a bill of Stradling, Yocca, Carlson & Rauth and of '),
        ([BILL, bill_paid("1.00") + 'counsel = "company-counsel"\n'],
         'bill: "1" is no bill of Brobeck, Phleger & Harrison of this deal'),
        ([BILL, bill_paid("1.00") + 'counsel = "nobody"\n'], 'counsel: "nobody" is no counsel'),
        ([BILL, BILL_OF_COMPANY, bill_paid("30000.01") + 'counsel = "company-counsel"\n'],
         "payments of fee come to 30000.01, and the bill has 30000.00"),
        (['[[closings]]\ninvestors = ["Mahuma N.V."]\n'] * 2, "closed in row 1"),
        (['[[closings]]\ninvestors = ["Nobody"]\n'], '"Nobody" is no investor'),
        (['[[deliveries]]\ndocument = "charter-documents"\nwithdrawn_at = 1996-05-01T10:00:00Z\n'],
         "lies before it came on file"),
        (['[[deliveries]]\ndocument = "charter-documents"\nwithdrawn_at = 1996-06-02T10:00:00\n'],
         "a date without a zone"),
        (['[[deliveries]]\ndocument = "charter-documents"\nwithdrawn_reason = "x"\n'], "withdrawn_at is not"),
        (['[[delivery]]\ndocument = "charter-documents"\n'],
         "delivery: is not a field of this table; did you mean deliveries?"),
    ],
)  # fmt: skip
def test_facts_that_cannot_be_are_refused_with_table_and_row(tables: list[str], told: str) -> None:
    found = problems_of(*tables)
    assert any(told in each for each in found), found


@pytest.mark.parametrize(
    "tables",
    [
        [WAIVER,
         '[[consents]]\nwaiver = "w"\ninvestor = "Malcolm and Emily Fairbairn"\nblocks = ["malcolm-fairbairn"]\n',
         '[[consents]]\nwaiver = "w"\ninvestor = "Malcolm and Emily Fairbairn"\nblocks = ["emily-fairbairn"]\n'],
        [BILL, bill_paid("25000.00")],
        [BILL, BILL_OF_COMPANY, bill_paid("25000.00") + 'counsel = "investors-counsel"\n',
         bill_paid("30000.00") + 'counsel = "company-counsel"\n'],
        [STOCK, '[[proxies]]\nstockholder = "Peak"\nshares = 10\n', '[[proxies]]\nstockholder = "Peak"\nshares = 10\n'],
        ['[[certificates]]\ndocument = "compliance-certificate"\nsigner = "X"\ntitle = "Aide"\ndated = 1996-06-09\n'],
        ['[[sign_offs]]\nsection = "2(b)(iii)"\nparty = "issuer"\n' + SPROUT],
        ['[[steps]]\nsection = "2(a)(iii)"\nstep = "filed"\non = 1996-05-22\n',
         '[[steps]]\nsection = "2(a)(iii)"\nstep = "adopted"\non = 1996-05-22\n'],
    ],
)  # fmt: skip
def test_facts_that_can_be_are_taken_and_left_to_the_gate(tables: list[str]) -> None:
    assert problems_of(*tables) == []


def test_a_page_may_be_signed_again_once_the_first_is_withdrawn() -> None:
    at = datetime(1996, 6, 1, 10, tzinfo=UTC)
    first = Signature(at=at, withdrawn_at=at + timedelta(hours=1), document="stock-purchase-agreement", block="dlj")
    again = replace(first, at=at + timedelta(hours=1), withdrawn_at=None)
    early = replace(again, at=at + timedelta(minutes=59))
    assert check_facts(Facts(deal=CERPLEX.code, signatures=(again, first)), CERPLEX) == ()
    assert len(check_facts(Facts(deal=CERPLEX.code, signatures=(early, first)), CERPLEX)) == 1


def test_facts_of_another_deal_are_refused() -> None:
    with pytest.raises(FactsFileRefused, match='"other" is another deal'):
        read_facts('format = "closing-facts/1"\ndeal = "other"\n', CERPLEX)


def test_a_local_time_is_refused() -> None:
    text = OPENING.replace("1996-05-28T09:00:00-07:00", "1996-05-28T09:00:00", 1)
    with pytest.raises(FactsFileRefused, match=r"\[\[signatures\]\] row 1 \(cerplex\), at: .*without a zone"):
        read_facts(text, CERPLEX)


def test_one_unread_row_raises_no_false_alarm_about_what_refers_to_it() -> None:
    text = OPENING.replace('key = "massachusetts"\n', "", 1)
    with pytest.raises(FactsFileRefused) as caught:
        read_facts(text, CERPLEX)
    assert [str(each) for each in caught.value.problems] == ["facts file: [[waivers]] row 1, key: is missing"]


def test_a_new_fact_is_asked_the_same_rules() -> None:
    facts = facts_of("opening")
    good = Payment(at=MORNING, investor="Nitin T. Mehta", amount=Decimal("200000.00"), currency="USD")
    assert check_new("payments", good, facts, CERPLEX) == ()
    (problem,) = check_new("payments", replace(good, currency="CHF"), facts, CERPLEX)
    assert (problem.table, problem.row, problem.field) == ("payments", len(facts.payments) + 1, "currency")


@settings(deadline=None, max_examples=60)
@given(valid_facts())
def test_any_facts_that_can_be_are_read_back_the_same(facts: Facts) -> None:
    for deal in (CERPLEX, None):
        text = write_facts(facts, deal)
        again = read_facts(text, CERPLEX)
        assert again == facts
        assert write_facts(again, deal) == text


@settings(deadline=None, max_examples=60)
@given(valid_facts(), st.data())
def test_a_row_that_nothing_refers_to_may_be_taken_away(facts: Facts, data: st.DataObject) -> None:
    referred = {"voting_stock", "deal", "steps"}.union(*READS.values())
    table = data.draw(st.sampled_from([each.name for each in fields(Facts) if each.name not in referred]))
    rows = getattr(facts, table)
    fewer = replace(facts, **{table: rows[1:]})
    assert check_facts(fewer, CERPLEX) == ()


@pytest.mark.parametrize("field", ['number = ["1"]', 'number = "1"\ncounsel = ["investors-counsel"]', "number = {}"])
def test_a_bill_that_cannot_be_read_is_told_as_any_other_row(field: str) -> None:
    with pytest.raises(FactsFileRefused, match=r"\[\[bills\]\] row 1"):
        read_facts(f"{HEAD}[[bills]]\n{field}\n", CERPLEX)
    with pytest.raises(FactsFileRefused, match=r"\[\[write_offs\]\] row 1.*bill: .*should be text"):
        read_facts(f'{HEAD}[[write_offs]]\nbill = ["1"]\n', CERPLEX)


def test_a_bill_of_no_counsel_is_not_told_of_what_is_about_it() -> None:
    with pytest.raises(FactsFileRefused) as caught:
        read_facts(f'{HEAD}[[bills]]\nnumber = "1"\n[[write_offs]]\nbill = "1"\n', CERPLEX)
    assert not [each for each in caught.value.problems if each.table == "write_offs" and each.field == "counsel"]


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=300).map(lambda text: HEAD + text))
def test_any_text_is_read_or_refused_and_never_anything_else(text: str) -> None:
    try:
        facts = read_facts(text, CERPLEX)
    except FactsFileRefused as refusal:
        told = [str(each) for each in refusal.problems]
    else:
        told = ["read"] if check_facts(facts, CERPLEX) == () else []
    assert told


@settings(deadline=None, max_examples=60)
@given(days, st.booleans())
def test_the_second_step_is_never_dated_before_the_first(on: date, is_first: bool) -> None:
    section = next(each.section for each in CERPLEX.conditions if isinstance(each.evidence, InOrder))
    at = datetime(1998, 6, 1, tzinfo=UTC)
    adopted = StepTaken(at=at, section=section, step="adopted", on=date(1996, 5, 22))
    other = StepTaken(at=at, section=section, step="filed", on=on)
    steps = (adopted, other) if is_first else (other, adopted)
    found = check_facts(Facts(deal=CERPLEX.code, steps=steps), CERPLEX)
    assert bool(found) == (on < adopted.on)
