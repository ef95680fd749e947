"""An investor's own money page: where to send it, what came, and nothing of anybody else."""

import pytest
from django.test import Client

from closing.actions.instructions import confirm_instructions, propose_instructions
from closing.actions.payments import Part, record_parts, record_payment, return_payment
from closing.models import Event, MoneyPaper, WireInstruction
from closing.rules.words import number
from investors.clock import fixed
from investors.models import User
from tests.web.papers import deal_of, queries_of, signed_in, text_of
from tests.web.world import MONDAY, World

pytestmark = pytest.mark.django_db

ANDREA, SPROUT = "Andrea Martin", "Sprout Growth II, L.P."
ACCOUNT = "5550012344321"


def client_for(name: str) -> Client:
    return signed_in(User.objects.get(name=name))


def url_of(room: World, name: str, rest: str = "money/") -> str:
    return f"/deals/cerplex-1996/mine/{room.allotment(name).position}/{rest}"


def in_force(room: World, account: str = ACCOUNT) -> WireInstruction:
    said = {"holder": "The Cerplex Group, Inc.", "bank": "Bank of the company", "routing": "123456780"}
    row = propose_instructions(room.deal, room.people["company"], account=account, **said)
    confirm_instructions(row, room.people["investors"], heard=account, checked_with="The treasurer")
    return row


def test_it_shows_the_account_in_force_and_puts_that_on_record_once(room: World) -> None:
    url = url_of(room, ANDREA)
    assert "No wire instructions are in force yet" in text_of(client_for(ANDREA).get(url))
    in_force(room)
    for _ in range(2):
        assert "5550 0123 4432 1" in text_of(client_for(ANDREA).get(url))
    assert Event.objects.filter(verb="wire-instructions-shown").count() == 1
    in_force(room, "5550098765432")
    assert "5550 0987 6543 2" in text_of(client_for(ANDREA).get(url))
    assert "5550 0123 4432 1" not in text_of(client_for(ANDREA).get(url))
    assert Event.objects.filter(verb="wire-instructions-shown").count() == 2


def test_counsel_see_the_account_covered_until_a_press(room: World) -> None:
    in_force(room)
    said = text_of(room.client("investors").get("/deals/cerplex-1996/money/instructions/"))
    assert "<summary>ending 4321, show it</summary>" in said
    assert ACCOUNT not in said


def test_who_is_to_hear_a_proposed_account_cannot_read_it_first(room: World) -> None:
    said = {"holder": "The Cerplex Group, Inc.", "bank": "Bank of the company", "routing": "123456780"}
    propose_instructions(room.deal, room.people["company"], account=ACCOUNT, **said)
    page = "/deals/cerplex-1996/money/instructions/"
    own, other = (text_of(room.client(role).get(page)) for role in ("company", "investors"))
    assert "5550 0123 4432 1" in own
    assert "5550 0123 4432 1" not in other
    assert "ending 4321; the company reads the whole number to you by telephone" in other


def test_an_investor_is_shown_no_account_that_a_second_person_has_not_put_in_force(room: World) -> None:
    said = {"holder": "The Cerplex Group, Inc.", "bank": "Bank of the company", "routing": "123456780"}
    paths = (url_of(room, ANDREA), url_of(room, ANDREA, "payment/"), "/deals/cerplex-1996/mine/")

    def shown() -> str:
        return "".join(text_of(client_for(ANDREA).get(each)).replace(" ", "") for each in paths)

    row = propose_instructions(room.deal, room.people["company"], account=ACCOUNT, **said)
    assert (ACCOUNT in shown(), ACCOUNT[-4:] in shown()) == (False, False)
    confirm_instructions(row, room.people["investors"], heard=ACCOUNT, checked_with="The treasurer")
    propose_instructions(room.deal, room.people["company"], account="5550098765432", **said)
    assert ("5550012344321" in shown(), "5432" in shown()) == (True, False)


def test_nobody_is_shown_the_account_on_another_page(room: World) -> None:
    in_force(room)
    for path in ("", "record/", "mail/", "money/", "money/instructions/"):
        said = text_of(room.client("company").get(f"/deals/cerplex-1996/{path}"))
        assert ACCOUNT not in said
        assert ("5550 0123 4432 1" in said) is (path == "money/instructions/")


def test_a_wire_for_several_tells_each_of_its_own_part_alone(room: World) -> None:
    parts = (
        Part(ANDREA, room.allotment(ANDREA).purchase_price),
        Part("Mahuma N.V.", room.allotment("Mahuma N.V.").purchase_price),
    )
    total = sum(part.amount for part in parts)
    counsel = room.people["company"]
    over = frozenset({"over"})
    rows = record_parts(room.deal, counsel, parts, total, reference="FED 7", confirmed=over)  # type: ignore[arg-type]
    said = text_of(client_for(ANDREA).get(url_of(room, ANDREA)))
    assert "You have paid the whole purchase price" in said
    assert "FED 7" in said
    for other in ("Mahuma", "58,000", number(int(total)), "2 investors", "part of one"):
        assert other not in said
    return_payment(rows[1], "The sending bank recalled it", counsel)
    said = text_of(client_for(ANDREA).get(url_of(room, ANDREA)))
    assert "A payment came back" in said
    assert "The sending bank recalled it." in said
    assert "Mahuma" not in said


def test_another_investors_page_is_not_there(room: World) -> None:
    for rest in ("money/", "payment/"):
        assert client_for(ANDREA).get(url_of(room, SPROUT, rest)).status_code == 404
    assert client_for(ANDREA).post(url_of(room, SPROUT, "money/receipt/")).status_code == 404


def test_what_is_too_much_is_told_and_the_refund_then(room: World) -> None:
    counsel = room.people["company"]
    price = room.allotment(ANDREA).purchase_price
    record_payment(room.deal, counsel, investor=ANDREA, amount=price + 500, confirmed=frozenset({"over"}))
    said = text_of(client_for(ANDREA).get(url_of(room, ANDREA)))
    assert "You paid $500.00 too much" in said
    url = f"/deals/cerplex-1996/money/refunds/{room.allotment(ANDREA).pk}/new/"
    assert room.client("company").post(url, {"amount": "501", "method": "wire"}).status_code == 422
    assert room.client("company").post(url, {"amount": "500", "method": "wire"}).status_code == 302
    assert "Sent back to you by wire" in text_of(client_for(ANDREA).get(url_of(room, ANDREA)))


def test_a_receipt_says_what_stands_and_is_the_investors_own(room: World) -> None:
    url = url_of(room, ANDREA, "money/receipt/")
    assert client_for(ANDREA).post(url).status_code == 404
    price = room.allotment(ANDREA).purchase_price
    record_payment(room.deal, room.people["company"], investor=ANDREA, amount=price, reference="FED 7")
    for _ in range(2):
        assert client_for(ANDREA).post(url).status_code == 302
    paper = MoneyPaper.objects.get(kind="receipt")
    assert paper.allotment == room.allotment(ANDREA)
    cells = [row["cells"] for section in paper.content["sections"] for row in section["rows"]]
    assert cells[0] == ["Received by wire", "June 3, 1996", "FED 7", "$10,000.00"]
    assert SPROUT not in str(paper.content)
    assert "Queued" in text_of(client_for(ANDREA).get(url_of(room, ANDREA)))


def test_an_announcement_is_taken_back_by_whoever_made_it(room: World) -> None:
    said = {"amount": "10000", "method": "wire", "sent_on": "1996-06-03", "reference": "FW 77"}
    assert client_for(ANDREA).post(url_of(room, ANDREA, "payment/"), said).status_code == 302
    money = text_of(room.client("company").get("/deals/cerplex-1996/money/"))
    assert "$10,000 is announced" in money
    row = room.allotment(ANDREA).announcements.get()
    url = url_of(room, ANDREA, f"payment/{row.pk}/withdraw/")
    assert client_for("Malcolm Fairbairn").post(url, {"reason": "x"}).status_code == 404
    assert client_for(ANDREA).post(url, {"reason": "The bank did not send it"}).status_code == 302
    assert "is announced" not in text_of(room.client("company").get("/deals/cerplex-1996/money/"))


def test_the_number_of_queries_does_not_grow_with_the_investors(db: None) -> None:
    counts = {}
    with fixed(MONDAY):
        for count in (1, 15, 200):
            deal, _ = deal_of(count)
            row = deal.allotments.order_by("position").first()
            assert row is not None
            contact = row.investor.contacts.first() or row.investor.contacts.create(name="A", email="a@a.example")
            contact.user = User.objects.create_user(f"a{count}@a.example", name="A")
            contact.save()
            counts[count] = len(queries_of(signed_in(contact.user), f"/deals/{deal.code}/mine/{row.position}/money/"))
    assert len(set(counts.values())) == 1, counts
