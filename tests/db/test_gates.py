"""The gate kept in memory is the gate of what the database holds, and asks as often for 1 investor as for 1,000."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import get_type_hints

import pgtrigger
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings, strategies as st

from closing.actions.deals import load_deal
from closing.actions.facts import load_facts, record_fact, withdraw_fact
from closing.models import Allotment, Closing, Deal, Payment, SignatureBlock
from closing.queries import gates
from closing.queries.deals import deal_terms
from closing.queries.facts import facts_of
from closing.queries.gates import gate_of
from closing.queries.versions import ROWS
from closing.rules import facts
from closing.rules.facts_file import read_facts
from closing.rules.gate import evaluate
from investors import clock
from investors.models import Address, Investor, LedgerEntry, ShareClass
from tests.bench.many import deal_of, half_in
from tests.db.conftest import MONDAY
from tests.rules.any_facts import CERPLEX, SAMPLES, moments, valid_facts
from tests.rules.build import states
from tests.web.papers import deal_of as room_of, queries_of


@pytest.fixture
def opened(cerplex: Deal) -> Deal:
    """The Cerplex deal with its opening facts, its gate read once."""
    path = SAMPLES / "cerplex-1996.opening.toml"
    load_facts(cerplex, read_facts(path.read_text(), CERPLEX, path.name))
    gate_of(cerplex)
    return cerplex


def check_fresh(deal: Deal) -> None:
    """What is kept is what a whole reading finds."""
    fresh = Deal.objects.get(pk=deal.pk)
    assert gate_of(deal, MONDAY) == evaluate(deal_terms(fresh), facts_of(fresh), MONDAY)


def counted(what: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as found:
        what()
    return len(found)


def test_what_did_not_change_is_not_read_again(opened: Deal) -> None:
    assert counted(lambda: gate_of(opened)) == 1
    check_fresh(opened)


def test_every_table_that_is_read_has_its_place_in_the_version(opened: Deal) -> None:
    fresh = Deal.objects.get(pk=opened.pk)
    with CaptureQueriesContext(connection) as found:
        deal_terms(fresh)
        facts_of(fresh)
    read = {table for query in found.captured_queries for table in re.findall(r'(?:FROM|JOIN) "(\w+)"', query["sql"])}
    never_changed = {Address._meta.db_table}  # and Schedule A, which names one of them, is in the version
    assert read - never_changed <= {model._meta.db_table for model in ROWS}
    assert len(read) > 25


def an_allotment_grows(deal: Deal) -> None:
    with pgtrigger.ignore("closing.Allotment:reallotted_within_maximum"):
        Allotment.objects.filter(deal=deal, position=0).update(shares=1, purchase_price=Decimal(1000))


def an_amount_is_edited_past_its_wall(deal: Deal) -> None:
    row = Payment.objects.filter(deal=deal, withdrawn_at=None)[0]
    with pgtrigger.ignore("closing.Payment:changed_by_withdrawal_only"):
        Payment.objects.filter(pk=row.pk).update(amount=Decimal(1))


def a_fact_is_withdrawn(deal: Deal) -> None:
    withdraw_fact(Payment.objects.filter(deal=deal, withdrawn_at=None)[0], "It bounced", None)


def the_terms_change(deal: Deal) -> None:
    load_deal(replace(CERPLEX, closing=replace(CERPLEX.closing, place="Elsewhere")))


def a_block_is_renamed(deal: Deal) -> None:
    SignatureBlock.objects.filter(deal=deal, position=1).update(party="Another")


def an_investor_is_renamed(deal: Deal) -> None:
    Investor.objects.filter(name="Andrea Martin").update(name="Andrea M. Martin")


def a_holder_of_voting_stock_gives_shares_up(deal: Deal) -> None:
    entry = LedgerEntry.objects.filter(share_class__issuer=deal.issuer).order_by("id")[0]
    entry.pk, entry.kind, entry.shares, entry.certificate = None, "cancelled", -1, None
    entry.save(force_insert=True)


def a_class_votes_otherwise(deal: Deal) -> None:
    ShareClass.objects.filter(issuer=deal.issuer).update(votes_per_share=2)


def it_closes(deal: Deal) -> None:
    Closing.objects.create(
        number=1,
        deal=deal,
        at=MONDAY,
        shares=10,
        purchase_price=10,
        fees_reimbursed=0,
        expenses_reimbursed=0,
        survival_until=MONDAY.date(),
    )


CHANGES = [
    an_allotment_grows,
    an_amount_is_edited_past_its_wall,
    a_fact_is_withdrawn,
    the_terms_change,
    a_block_is_renamed,
    an_investor_is_renamed,
    a_holder_of_voting_stock_gives_shares_up,
    a_class_votes_otherwise,
    it_closes,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_whatever_changes_is_read_anew(opened: Deal, change: Callable[[Deal], None]) -> None:
    change(opened)
    assert counted(lambda: gate_of(opened)) > 1
    check_fresh(opened)


def test_what_was_taken_back_with_its_transaction_was_never_there(opened: Deal) -> None:
    before = gate_of(opened)
    for amount in (1, 2):
        with transaction.atomic():
            said = facts.Payment(at=MONDAY, investor="Andrea Martin", amount=Decimal(amount), currency="USD")
            record_fact(opened, said, None)
            assert Decimal(amount) in [each.amount for each in gate_of(opened).facts.payments]
            transaction.set_rollback(True)
        assert gate_of(opened) == before


def test_only_so_many_deals_are_kept(opened: Deal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "KEPT_DEALS", 1)
    gate_of(load_deal(replace(CERPLEX, code="another")))
    assert counted(lambda: gate_of(opened)) > 1


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(said=valid_facts(), moment=moments, later=st.timedeltas(timedelta(0), timedelta(days=900)))
def test_from_its_last_event_on_the_facts_say_the_same(said: facts.Facts, moment: datetime, later: timedelta) -> None:
    settled = said.settled_at or moment
    kept = evaluate(CERPLEX, said, settled).at(settled + later)
    anew = evaluate(CERPLEX, said, settled + later)
    assert kept == anew
    assert (kept.moment, kept.lines) == (settled + later, anew.lines)
    assert states(kept) == states(anew)


def test_every_moment_of_a_fact_is_among_those_that_settle_it() -> None:
    kinds = [each for _, (each, *_) in _table_types()]
    moments_of = {
        name for kind in kinds for name, hint in get_type_hints(kind).items() if hint in (datetime, datetime | None)
    }
    assert moments_of - {"to"} == set(facts.TIMES)


def _table_types() -> Iterator[tuple[str, tuple[type, ...]]]:
    for name, hint in get_type_hints(facts.Facts).items():
        if name not in ("deal", "voting_stock"):
            yield name, hint.__args__


@pytest.mark.slow
def test_pages_ask_the_database_as_often_for_a_thousand_investors(db: None) -> None:
    """Overview and conditions at 1, 15 and 1,000 investors: when the deal was just changed, and after that."""
    counts: dict[str, set[int]] = {}
    with clock.fixed(datetime(1996, 6, 9, tzinfo=UTC)):
        for count in (1, 15, 1_000):
            deal, client = room_of(count)
            load_facts(deal, half_in(deal_of(count)))
            for page in ("", "conditions/"):
                for read in ("anew", "again"):
                    if read == "anew":
                        gates.forget()
                    asked = len(queries_of(client, f"/deals/{deal.code}/{page}"))
                    counts.setdefault(f"{page} {read}", set()).add(asked)
    assert all(len(asked) == 1 for asked in counts.values()), counts
    assert max(counts["conditions/ again"]) < 15
