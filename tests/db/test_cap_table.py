"""The cap table off the stock ledger."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from investors.actions.ledger import has_ledger, open_ledger, register_holders
from investors.actions.users import open_account
from investors.models import Certificate, Contact, Issuer, LedgerEntry, ShareClass, User
from investors.queries.cap_table import cap_table, voting_stock

MAY, JUNE = date(1996, 5, 20), date(1996, 6, 10)
HOLDERS = {"Nitin T. Mehta": 150_000, "Peak Investment Limited Partnership": 1_200_000}


@pytest.fixture
def issuer(db: None) -> Issuer:
    issuer = Issuer.objects.create(code="cerplex", name="The Cerplex Group, Inc.")
    open_ledger(issuer, MAY, HOLDERS, "Outstanding on the record date")
    return issuer


def issue(issuer: Issuer, name: str, shares: int) -> None:
    series, _ = ShareClass.objects.get_or_create(
        issuer=issuer, name="Series B", kind="preferred", authorized=8000, votes_per_share=0
    )
    investor = register_holders(issuer, [name])[name]
    certificate = Certificate.objects.create(
        share_class=series,
        number="B-1",
        investor=investor,
        registered_name=name,
        shares=shares,
        issued_on=JUNE,
    )
    values: dict[str, Any] = {"kind": "issued", "shares": shares, "on": JUNE}
    LedgerEntry.objects.create(share_class=series, investor=investor, certificate=certificate, **values)


def test_the_table_is_of_its_day(issuer: Issuer) -> None:
    issue(issuer, "Nitin T. Mehta", 200)
    before, after = cap_table(issuer, MAY), cap_table(issuer, JUNE)
    assert [each.outstanding for each in before.classes] == [1_350_000, 0]
    assert [each.outstanding for each in after.classes] == [1_350_000, 200]
    (row,) = after.classes[1].rows
    assert (row.holder, row.shares, row.of_class, row.votes, row.certificates) == (
        "Nitin T. Mehta",
        200,
        Fraction(1),
        0,
        ("B-1",),
    )
    assert not any(each.outstanding for each in cap_table(issuer, date(1996, 5, 19)).classes)


def test_voting_stock_is_that_of_the_record_date(issuer: Issuer) -> None:
    issue(issuer, "Nitin T. Mehta", 200)
    assert voting_stock(issuer, JUNE) == tuple(HOLDERS.items())
    assert voting_stock(issuer, date(1996, 5, 19)) == ()
    assert cap_table(issuer, JUNE).votes == 1_350_000


def test_a_ledger_is_opened_once_or_not_at_all(issuer: Issuer) -> None:
    assert has_ledger(issuer)
    with pytest.raises(IntegrityError), transaction.atomic():
        open_ledger(issuer, MAY, {"Andrea Martin": 0}, "")
    assert not ShareClass.objects.filter(issuer=issuer).exclude(name="Common Stock").exists()
    assert cap_table(issuer, MAY).votes == 1_350_000


def test_the_number_of_queries_does_not_grow(issuer: Issuer) -> None:
    counts = []
    for more in (1, 300):
        open_ledger(issuer, JUNE, {f"Holder {n} of {more}": 1 for n in range(more)}, "")
        with CaptureQueriesContext(connection) as queries:
            cap_table(issuer, JUNE)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_an_account_is_tied_to_the_contacts_of_its_address(issuer: Issuer) -> None:
    investor = register_holders(issuer, ["Nitin T. Mehta"])["Nitin T. Mehta"]
    Contact.objects.create(investor=investor, name="Nitin T. Mehta", email="Nitin.Mehta@greenoaks.example")
    user = open_account("NITIN.mehta@greenoaks.example", "Nitin T. Mehta")
    assert user == open_account("nitin.mehta@greenoaks.example", "Somebody else")
    assert User.objects.get().name == "Nitin T. Mehta"
    assert Contact.objects.get(user=user).investor == investor


def test_an_address_in_capitals_is_not_another_user(db: None) -> None:
    User.objects.create_user("Andrea.Martin@willowbrook.example", "a password", name="Andrea Martin")
    assert User.objects.get_by_natural_key("ANDREA.MARTIN@WILLOWBROOK.EXAMPLE").check_password("a password")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(email="Upper@willowbrook.example", name="Upper")])
