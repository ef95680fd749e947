"""Deal files in and out of the database."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from closing.actions.base import ActionRefused, NotAllowed
from closing.actions.deals import Loaded, load_deal, load_deal_file, open_accounts
from closing.actions.facts import load_facts, record_fact
from closing.models import Allotment, Deal, Deliverable, Event, SignatureBlock
from closing.queries.deals import deal_terms, roles_in
from closing.queries.facts import facts_of
from closing.rules import terms
from closing.rules.access import Role
from closing.rules.deal_file import read_deal, write_deal
from closing.rules.facts import Payment
from closing.rules.terms import LineKind
from investors.models import Address, Contact, User
from tests.db.conftest import MONDAY, terms_of
from tests.rules.any_facts import CERPLEX, SAMPLES
from tests.rules.build import all_in

FILES = [path for path in sorted(SAMPLES.glob("*.toml")) if path.name.count(".") == 1]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_deal_reads_back_as_its_file_states_it(db: None, path: Path) -> None:
    deal = read_deal(path.read_text(), path.name)
    row = load_deal(deal)
    read = deal_terms(Deal.objects.get(pk=row.pk))
    assert read == deal
    assert write_deal(read) == write_deal(deal)


def test_loading_twice_is_loading_once(cerplex: Deal) -> None:
    events = Event.objects.count()
    row, loaded = load_deal_file(CERPLEX)
    assert (row, loaded, Event.objects.count()) == (cerplex, Loaded.UNCHANGED, events)


def changed(**parts: Any) -> terms.Deal:
    return replace(CERPLEX, **parts)


def with_first_investor(**parts: Any) -> terms.Deal:
    first, *rest = CERPLEX.investors
    return changed(investors=(replace(first, **parts), *rest))


CHANGES = {
    "another place": changed(closing=replace(CERPLEX.closing, place="Tustin, California")),
    "investors in another order": changed(investors=CERPLEX.investors[::-1]),
    "an investor less": changed(investors=CERPLEX.investors[1:]),
    "another address": with_first_investor(address=terms.Address(lines=("1 Bell Avenue",), jurisdiction="US-CA")),
    "fewer shares and a lower maximum": changed(
        investors=CERPLEX.investors[:3], security=replace(CERPLEX.security, max_shares=4075)
    ),
    "no cap": changed(fees=(replace(CERPLEX.fees[0], cap=None),)),
    "a cap for each counsel": changed(
        fees=(replace(CERPLEX.fees[0], counsel="company-counsel", cap_covers=(LineKind.EXPENSE,)), *CERPLEX.fees)
    ),
    "a deliverable less": changed(deliverables=CERPLEX.deliverables[:-1]),
    "conditions turned round": changed(conditions=CERPLEX.conditions[::-1]),
}


@pytest.mark.parametrize("after", CHANGES.values(), ids=CHANGES)
def test_a_changed_file_changes_the_deal_and_back(cerplex: Deal, after: terms.Deal) -> None:
    row, loaded = load_deal_file(after)
    assert loaded is Loaded.CHANGED
    assert deal_terms(Deal.objects.get(pk=row.pk)) == after
    assert Event.objects.filter(verb="deal-changed").count() == 1
    load_deal(CERPLEX)
    assert deal_terms(Deal.objects.get(pk=row.pk)) == CERPLEX


def test_a_larger_schedule_is_taken_with_its_larger_maximum(cerplex: Deal) -> None:
    first = CERPLEX.investors[0]
    more = replace(first, shares=first.shares + 500, purchase_price=first.purchase_price + 500_000)
    larger = changed(
        investors=(more, *CERPLEX.investors[1:]),
        security=replace(CERPLEX.security, max_shares=8500, max_amount=Decimal(8_500_000)),
    )
    assert deal_terms(load_deal(larger)) == larger
    assert cerplex.share_class.__class__.objects.get(pk=cerplex.share_class_id).authorized == 8500


def test_an_investor_with_facts_is_not_removed(cerplex: Deal) -> None:
    name = CERPLEX.investors[0].name
    record_fact(cerplex, Payment(at=MONDAY, investor=name, amount=Decimal(5), currency="USD"), None)
    with pytest.raises(ActionRefused, match=r"(?s)no place for.*Sprout"):
        load_deal(changed(investors=CERPLEX.investors[1:]))
    assert deal_terms(cerplex) == CERPLEX


def test_a_corrected_address_keeps_the_old_row(cerplex: Deal) -> None:
    load_deal(CHANGES["another address"])
    rows = Address.objects.filter(investor__name=CERPLEX.investors[0].name)
    assert rows.count() == 2
    assert rows.in_force(CERPLEX.agreement.dated).get().lines == ["1 Bell Avenue"]


def test_contacts_follow_the_file(cerplex: Deal) -> None:
    load_deal(with_first_investor(contacts=("Andrea Martin",)))
    contacts = Contact.objects.filter(investor__name=CERPLEX.investors[0].name)
    assert [(each.name, each.user and each.user.name) for each in contacts] == [("Andrea Martin", "Andrea Martin")]


def test_another_issuer_needs_another_code(cerplex: Deal) -> None:
    with pytest.raises(ActionRefused, match="code of its own"):
        load_deal(changed(issuer=replace(CERPLEX.issuer, code="another")))


def test_only_the_operator_loads_deals(cerplex: Deal, user_of: Callable[[Role], User]) -> None:
    for role in Role:
        with pytest.raises(NotAllowed, match="operator"):
            load_deal(CHANGES["no cap"], user_of(role))
    with pytest.raises(NotAllowed, match="operator"):
        load_deal(terms_of(1), user_of(Role.COMPANY_COUNSEL))


def test_accounts_are_opened_once_with_their_roles(cerplex: Deal) -> None:
    users, events = User.objects.count(), Event.objects.count()
    open_accounts(cerplex)
    assert (User.objects.count(), Event.objects.count()) == (users, events)
    assert roles_in(User.objects.get(name="Frederic A. Randall, Jr."), cerplex) == {Role.COMPANY_COUNSEL}
    assert roles_in(User.objects.get(name="Daniel S. Martin"), cerplex) == {Role.INVESTOR, Role.SIGNATORY}
    assert roles_in(User.objects.get(name="Bruce D. Nye"), cerplex) == {Role.SIGNATORY}


def test_reading_a_deal_and_its_facts_takes_the_same_queries_for_any_number_of_investors(db: None) -> None:
    counts = set()
    for count in (1, 15, 200):
        deal = replace(terms_of(count), code=f"deal-{count}")
        row = load_deal(replace(deal, issuer=replace(deal.issuer, code=f"issuer-{count}")))
        load_facts(row, replace(all_in(deal), deal=row.code))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            fresh = Deal.objects.get(pk=row.pk)
            assert len(deal_terms(fresh).investors) == count
            assert len(facts_of(fresh).payments) == count
        counts.add(len(queries))
    assert len(counts) == 1, counts


class TestCommands:
    """`load_deal`, `load_facts` and `export_deal`."""

    def test_load_export_load_is_a_fixed_point(self, db: None, tmp_path: Path, capsys: Any) -> None:
        call_command("load_deal", str(SAMPLES / "cerplex-1996.toml"))
        call_command("load_facts", "cerplex-1996", str(SAMPLES / "cerplex-1996.opening.toml"))
        capsys.readouterr()
        files = []
        for options in ([], ["--facts"]):
            call_command("export_deal", "cerplex-1996", *options)
            path = tmp_path / f"exported{len(options)}.toml"
            path.write_text(capsys.readouterr().out)
            files.append(path)
        call_command("load_deal", str(files[0]))
        call_command("load_facts", "cerplex-1996", str(files[1]))
        assert capsys.readouterr().out.count("nothing changed") == 2

    def test_a_wrong_file_is_refused_with_table_and_row(self, db: None, tmp_path: Path) -> None:
        wrong = tmp_path / "wrong.toml"
        text = (SAMPLES / "cerplex-1996.toml").read_text()
        wrong.write_text(text.replace('purchase_price = "103000.00"', 'purchase_price = "104000.00"'))
        with pytest.raises(CommandError, match=r"wrong.toml: \[\[investors\]\] row 4 \(The & Trust\)"):
            call_command("load_deal", str(wrong))
        assert not Deal.objects.exists()

    @pytest.mark.parametrize("content", [b"\xff\xfe\x00", None])
    def test_a_file_that_cannot_be_read_is_told_in_words(self, db: None, tmp_path: Path, content: bytes | None) -> None:
        path = tmp_path / "deal.toml"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(CommandError, match=r"cannot be read|UTF-8"):
            call_command("load_deal", str(path))

    def test_an_unknown_code_lists_the_known(self, cerplex: Deal) -> None:
        with pytest.raises(CommandError, match="The deals here: cerplex-1996"):
            call_command("export_deal", "cerplex-1997")


def test_rows_keep_the_order_of_the_file(cerplex: Deal) -> None:
    load_deal(CHANGES["investors in another order"])
    names = Allotment.objects.filter(deal=cerplex).order_by("position").values_list("investor__name", flat=True)
    assert list(names) == [each.name for each in CERPLEX.investors[::-1]]
    assert SignatureBlock.objects.filter(deal=cerplex).count() == 17
    assert Deliverable.objects.filter(deal=cerplex).count() == len(CERPLEX.deliverables)
