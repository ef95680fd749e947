"""Letters of the turning points, by a real worker over SMTP: each to whom it is for, once, and no account number."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import Message
from pathlib import Path

import pytest

from closing.actions.deals import load_deal, open_accounts
from closing.actions.declining import decline
from closing.actions.facts import load_facts
from closing.actions.instructions import confirm_instructions, propose_instructions
from closing.models import Deal, Reminder
from closing.rules.facts_file import read_facts
from closing.rules.terms import Side
from investors import clock
from investors.models import Contact, User
from tests.db.test_closing_confirmations import ANDREA, ELEVEN, bounce, confirm, counsel, on_closing_day
from tests.rules.any_facts import CERPLEX, SAMPLES
from tests.tasks.doorbell import empty
from tests.tasks.smtp import MailServer, mail_server
from tests.tasks.test_reminders import BROKER, beat, is_over, wait_until
from tests.tasks.worker import running_worker

pytestmark = pytest.mark.django_db(transaction=True)

ACCOUNTS = ("5550012344321", "5550098765432")
QUIET = datetime.fromisoformat("1996-05-20T09:00-07:00")
"""No reminder is due then."""
EVE = datetime.fromisoformat("1996-06-09T09:00-07:00")


@pytest.fixture
def server() -> Iterator[MailServer]:
    empty(BROKER)
    with mail_server() as found:
        yield found


def environment(server: MailServer, at: datetime) -> dict[str, str]:
    """A worker whose clock starts a minute after this."""
    offset = clock.offset_to(at + timedelta(minutes=1))
    return {"REDIS_URL": BROKER, "EMAIL_URL": f"smtp://127.0.0.1:{server.port}", "CLOSING_CLOCK_OFFSET": offset}


def cerplex() -> Deal:
    deal = load_deal(CERPLEX)
    open_accounts(deal)
    return deal


def go_out() -> None:
    """Ring twice and wait until nothing waits any more; the second finds nothing to do."""
    beat()
    beat()
    wait_until(is_over)
    time.sleep(0.5)


def to(server: MailServer, said: str) -> list[str]:
    """Who got a mail with these words in its subject, in order."""
    return [str(each["To"]) for each in server.messages if said in " ".join(str(each["Subject"]).split())]


def words(message: Message) -> str:
    """Everything that a mailbox gets: as it came, and both parts as they are read."""
    parts = [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]
    return f"{message}{''.join(part.decode() for part in parts if isinstance(part, bytes))}"


def test_changed_wire_instructions_are_told_to_every_investor_by_name_without_the_account(
    tmp_path: Path, server: MailServer
) -> None:
    with clock.fixed(QUIET):
        deal = cerplex()
        for account in ACCOUNTS:
            said = {"holder": "The Cerplex Group, Inc.", "bank": "Bank of the company", "routing": "1234-5678-0"}
            row = propose_instructions(deal, counsel(Side.ISSUER), **said, account=account, reference="Ref 77-31")
            confirm_instructions(row, counsel(Side.INVESTORS), heard=account, checked_with="The company’s treasurer")
    with running_worker(tmp_path, environment(server, QUIET)):
        go_out()
    contacts = Contact.objects.filter(investor__allotments__deal=deal).select_related("investor")
    people = set(contacts.values_list("email", flat=True))
    told = to(server, "the wire instructions changed")
    assert sorted(told) == sorted(people), "each once"
    assert len(server.messages) == 2 * len(people)
    by_address = {str(each["To"]): words(each) for each in server.messages if "changed" in str(each["Subject"])}
    assert {contact.investor.name for contact in contacts} == {each.name for each in CERPLEX.investors}
    for contact in contacts:
        assert f"{contact.name}," in by_address[contact.email]
        assert contact.investor.name in by_address[contact.email]
        assert "Send nothing to the account that you knew" in by_address[contact.email]
    for message in server.messages:
        said_in_all = words(message).replace(" ", "").replace("=\n", "")
        for secret in (*ACCOUNTS, *(each[-4:] for each in ACCOUNTS), "123456780", "1234-5678-0", "Ref77-31"):
            assert secret not in said_in_all


def test_a_declined_signature_is_told_to_counsel_alone(tmp_path: Path, server: MailServer) -> None:
    with clock.fixed(QUIET):
        deal = cerplex()
        decline(deal, "stock-purchase-agreement", ["andrea-martin"], "Not yet.", User.objects.get(name=ANDREA))
    with running_worker(tmp_path, environment(server, QUIET)):
        go_out()
    assert sorted(to(server, "Andrea Martin declines")) == sorted(counsel(side).email for side in Side)
    assert len(server.messages) == 2


def test_confirmed_by_one_and_then_undone_by_a_change(tmp_path: Path, server: MailServer) -> None:
    """The worker finds by itself that the confirmation counts no more, and says so once."""
    with clock.fixed(ELEVEN):
        deal = on_closing_day()
        confirm(deal, Side.ISSUER)
    with running_worker(tmp_path, environment(server, ELEVEN)):
        go_out()
        assert to(server, "confirmed the closing") == [counsel(Side.INVESTORS).email]
        with clock.fixed(ELEVEN + timedelta(seconds=30)):
            bounce(deal)
        beat()
        wait_until(lambda: len(server.messages) == 2)
        go_out()
    assert to(server, "counts no more") == [counsel(Side.ISSUER).email]
    assert "Andrea Martin: closes, 10 shares" in words(server.messages[-1])
    assert len(server.messages) == 2


def test_the_day_before_counsel_get_one_letter_each(tmp_path: Path, server: MailServer) -> None:
    with clock.fixed(EVE - timedelta(days=1)):
        deal = cerplex()
        path = SAMPLES / "cerplex-1996.opening.toml"
        load_facts(deal, read_facts(path.read_text(), CERPLEX, path.name))
    with running_worker(tmp_path, environment(server, EVE)):
        go_out()
    both = sorted(counsel(side).email for side in Side)
    assert sorted(to(server, "both counsel confirm")) == both
    everybody = [str(each["To"]) for each in server.messages]
    assert len(everybody) == len(set(everybody)) == Reminder.objects.count()
