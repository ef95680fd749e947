"""Wire instructions: two people, and an account number that is in no mail and no record."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives

from closing.actions.base import ActionRefused, NotAllowed
from closing.actions.instructions import confirm_instructions, note_shown, propose_instructions, reject_instructions
from closing.actions.reminders import send, waiting
from closing.actions.waivers import propose_waiver
from closing.models import Deal, Event, Reminder, WireInstruction
from closing.queries.instructions import in_force
from closing.rules import facts
from closing.rules.access import Role
from closing.rules.wire_instructions import NOT_THE_NUMBER, NOT_YOURSELF
from investors.models import Contact, User
from tests.db.conftest import MONDAY
from tests.db.walls import refused, run

ACCOUNT, SECOND = "5550012344321", "5550098765432"
SAID = {"holder": "The Cerplex Group, Inc.", "bank": "Bank of the company", "routing": "1234-5678-0"}


@pytest.fixture
def company(user_of: Callable[[Role], User]) -> User:
    return user_of(Role.COMPANY_COUNSEL)


@pytest.fixture
def special(user_of: Callable[[Role], User]) -> User:
    return user_of(Role.INVESTORS_COUNSEL)


def proposed(deal: Deal, by: User, account: str = ACCOUNT, **more: Any) -> WireInstruction:
    return propose_instructions(deal, by, **SAID, account=account, **more)


def confirm(row: WireInstruction, by: User, heard: str) -> int:
    return confirm_instructions(row, by, heard=heard, checked_with="The company’s treasurer")


def test_they_are_in_force_on_the_second_persons_word(cerplex: Deal, company: User, special: User) -> None:
    row = proposed(cerplex, company)
    assert in_force(cerplex, special) is None
    with pytest.raises(ActionRefused, match=NOT_YOURSELF[:30]):
        confirm(row, company, ACCOUNT)
    with pytest.raises(ActionRefused, match=NOT_THE_NUMBER[:30]):
        confirm(row, special, SECOND)
    told = confirm(row, special, "5550 0123 44321")
    people = set(Contact.objects.filter(investor__allotments__deal=cerplex).values_list("email", flat=True))
    assert told == len(people)
    assert in_force(cerplex, special) == row
    assert confirm(row, special, ACCOUNT) == 0, "twice is the same as once"
    assert Event.objects.filter(verb="wire-instructions-confirmed").count() == 1


def test_only_company_counsel_proposes(cerplex: Deal, special: User, user_of: Callable[[Role], User]) -> None:
    for user in (special, user_of(Role.INVESTOR)):
        with pytest.raises(NotAllowed):
            proposed(cerplex, user)


def test_a_rejected_proposal_is_never_in_force(cerplex: Deal, company: User, special: User) -> None:
    row = proposed(cerplex, company)
    with pytest.raises(ActionRefused, match="waits already"):
        proposed(cerplex, company, SECOND)
    with pytest.raises(ActionRefused, match="Say why"):
        reject_instructions(row, special, " ")
    reject_instructions(row, special, "The company never gave this account.")
    with pytest.raises(ActionRefused, match="were rejected"):
        confirm(row, special, ACCOUNT)
    assert in_force(cerplex, company) is None
    assert not Reminder.objects.exists()


def test_numbers_that_cannot_be_are_refused_by_field(cerplex: Deal, company: User) -> None:
    with pytest.raises(ActionRefused) as told:
        propose_instructions(cerplex, company, holder="A", bank="B", routing="123456781", account="??")
    lines = str(told.value).splitlines()
    assert [line.partition(":")[0] for line in lines] == ["routing", "account"]


def test_a_change_is_told_to_every_contact_by_name_and_gives_no_account(
    cerplex: Deal, company: User, special: User
) -> None:
    confirm(proposed(cerplex, company), special, ACCOUNT)
    confirm(proposed(cerplex, company, SECOND, note="A new account", reference="Series B"), special, SECOND)
    waiver = facts.Waiver(at=MONDAY, key="", sections=("2(a)(vi)",), text="Massachusetts")
    propose_waiver(cerplex, waiver, company)
    for pk in waiting():
        send(pk)
    contacts = Contact.objects.filter(investor__allotments__deal=cerplex)
    people = set(contacts.values_list("email", flat=True))
    changed = [each for each in mail.outbox if "the wire instructions changed" in each.subject]
    assert {each.to[0].partition("<")[2].rstrip(">") or each.to[0] for each in changed} == people
    for contact in contacts.select_related("investor"):
        (letter,) = [each for each in changed if contact.email in each.to[0]]
        assert contact.name in letter.body
        assert contact.investor.name in letter.body
    assert len(mail.outbox) == 2 * len(people)
    for letter in mail.outbox:
        assert isinstance(letter, EmailMultiAlternatives)
        # Not what the mail's parts are told apart by, in which any four digits may turn up.
        words = f"{letter.subject}{letter.to}{letter.body}{letter.alternatives}".replace(" ", "")
        for secret in (ACCOUNT, SECOND, ACCOUNT[-4:], SECOND[-4:], "123456780", "A new account", "Series B, "):
            assert secret.replace(" ", "") not in words


def test_no_event_holds_the_account(cerplex: Deal, company: User, special: User) -> None:
    row = proposed(cerplex, company)
    confirm(row, special, ACCOUNT)
    for event in Event.objects.all():
        assert ACCOUNT[-6:] not in f"{event.summary} {event.reason} {event.data}"


def test_each_showing_is_on_record_once_for_a_version_and_person(
    cerplex: Deal, company: User, special: User, user_of: Callable[[Role], User]
) -> None:
    malcolm = user_of(Role.INVESTOR)
    emily = User.objects.get(name="Emily Fairbairn")
    for account in (ACCOUNT, SECOND):
        row = proposed(cerplex, company, account)
        confirm(row, special, account)
        for person in (malcolm, malcolm, emily):
            note_shown(row, person)
    shown = Event.objects.filter(verb="wire-instructions-shown").values_list("subject_id", "actor__name")
    assert len(shown) == len(set(shown)) == 4


class TestTheWall:
    """What the database itself refuses."""

    @pytest.fixture
    def row(self, cerplex: Deal, company: User) -> WireInstruction:
        return proposed(cerplex, company)

    def test_the_proposer_does_not_confirm(self, row: WireInstruction, special: User) -> None:
        with refused("wire_instruction_second_person"):
            run("UPDATE closing_wireinstruction SET confirmed_at = at, confirmed_by_id = by_id, checked_with = 'x'")
        with refused("wire_instruction_second_person"):
            run("UPDATE closing_wireinstruction SET confirmed_at = at, confirmed_by_id = %s", special.pk)
        with refused("wire_instruction_second_person"):
            run("UPDATE closing_wireinstruction SET confirmed_at = at, checked_with = 'x'")

    def test_the_account_is_not_changed(self, row: WireInstruction, special: User) -> None:
        with refused("decided_once"):
            run("UPDATE closing_wireinstruction SET account = '1'")
        confirm(row, special, ACCOUNT)
        for change in ("account = '1'", "confirmed_at = now()", "confirmed_at = NULL, confirmed_by_id = NULL"):
            with refused("decided_once"):
                run(f"UPDATE closing_wireinstruction SET {change}")
        with refused("never_deleted"):
            run("DELETE FROM closing_wireinstruction")

    def test_a_rejection_has_a_reason_and_one_proposal_waits(self, row: WireInstruction) -> None:
        with refused("wire_instruction_rejected_with_a_reason"):
            run("UPDATE closing_wireinstruction SET rejected_at = at, rejected_by_id = by_id")
        row.pk, row.number = None, 2
        with refused("wire_instruction_one_proposed"):
            row.save(force_insert=True)
