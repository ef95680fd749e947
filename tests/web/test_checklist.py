"""The checklist: the address says what is asked for; the agreement or a colleague may stand against a change."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from closing.actions.checklist import add_item, change_items, move_item, withdraw_items
from closing.actions.closings import close_deal
from closing.actions.deals import Loaded, load_deal, load_deal_file
from closing.actions.notes import write_note
from closing.models import Deliverable, Event
from closing.queries.deals import deal_terms
from closing.rules import terms
from closing.rules.checklist import Field
from closing.rules.deal_file import read_deal, write_deal
from investors.models import User
from tests.web.papers import BASE, CLOSING, Room, deal_of, open_room, text_of

LIST = f"{BASE}/checklist/"
BYLAWS = terms.Deliverable(
    key="",
    title="Secretary's certificate <b>& incumbency</b>",
    part="Corporate and charter",
    owed_by="company-counsel",
    owed_to="investors-counsel",
)


@pytest.fixture
def room(db: None) -> Iterator[Room]:
    with open_room() as found:
        yield found


def user(client: Any) -> Any:
    return User.objects.get(pk=client.session["_auth_user_id"])


def cell(key: str, field: str) -> str:
    return f"{LIST}items/{key}/{field}/"


def said(room: Room, **query: str) -> str:
    return text_of(room.company.get(LIST, query))


def titles(room: Room, **query: str) -> list[str]:
    page = room.company.get(LIST, query).context["page"]
    return [row.title for row in page.rows]


def test_every_item_is_there_numbered_in_its_part_with_who_owes_and_signs_it(room: Room) -> None:
    page = room.company.get(LIST).context["page"]
    assert [row.number for row in page.rows] == list(range(1, 25))
    assert [group.heading for group in page.groups][:2] == ["Principal documents", "Corporate and charter"]
    first = page.rows[0]
    assert (first.owes, first.signatories) == ("The Cerplex Group, Inc.", "The Cerplex Group, Inc.; each investor")
    assert page.rows[4].sections == ("2(a)(iii)", "2(a)(vii)")
    assert first.standing.is_waiting


def test_filters_search_and_order_are_in_the_address(room: Room) -> None:
    assert titles(room, part="Voting") == ["Irrevocable Proxies/Voting Agreements"]
    assert len(titles(room, owes="investors")) == 3
    assert set(titles(room, section="2(a)(iv)")) == {"Compliance Certificate"}
    assert titles(room, q="harrison OPINION") == ["Opinion of Brobeck, Phleger & Harrison"]
    assert titles(room, sort="item") == sorted(titles(room), key=str.casefold)
    assert titles(room, sort="item", order="down") == sorted(titles(room), key=str.casefold, reverse=True)
    assert len(titles(room, status="awaited")) + len(titles(room, status="in")) == 24
    assert "No item is like that" in said(room, q="nothing of the kind")
    assert titles(room, sort="nonsense", status="nonsense") == titles(room)
    answer = room.company.get(LIST, {"part": "", "q": "opinion", "sort": "item"}, headers={"HX-Request": "true"})
    assert answer["HX-Push-Url"] == f"{LIST}?q=opinion&sort=item"
    assert "HX-Request" in answer["Vary"]


def test_only_counsel_of_the_deal_see_it(room: Room) -> None:
    pages = [LIST, f"{LIST}add/", f"{LIST}import/", f"{LIST}export/full/docx/", cell("counsel-bill", "title")]
    for path in pages:
        for client in (room.malcolm, room.finzi, room.admin, room.stranger):
            assert client.get(path).status_code == 404, path
        for client in (room.company, room.counsel):
            answer = client.get(path)
            assert answer.status_code == 200, path
            assert b"".join(answer) if answer.streaming else answer.content
    for path in (f"{LIST}export/private/docx/", f"{LIST}export/full/pdf/", cell("nothing", "title")):
        assert room.company.get(path).status_code == 404
    assert room.company.get(cell("counsel-bill", "status")).status_code == 404
    assert room.malcolm.post(f"{LIST}several/", {"do": "withdraw"}).status_code == 404
    assert room.company.get(f"{LIST}several/").status_code == 405


def test_a_private_note_is_found_by_its_own_side_alone(room: Room) -> None:
    paper = Deliverable.objects.get(key="counsel-bill")
    write_note(paper, "They will not see the walrus.", user(room.counsel), shared=False)
    write_note(paper, "Both see the penguin.", user(room.counsel), shared=True)
    ours, theirs = text_of(room.counsel.get(LIST)), text_of(room.company.get(LIST))
    assert "walrus" in ours
    assert "walrus" not in theirs
    assert "penguin" in ours
    assert "penguin" in theirs
    assert titles(room, q="walrus") == []
    assert titles(room, q="penguin") != []
    shared = text_of(room.counsel.get(LIST, {"list": "shared"}))
    assert "walrus" not in shared
    assert "penguin" in shared


def test_a_cell_is_changed_in_place_and_the_terms_follow(room: Room) -> None:
    where = cell("counsel-bill", "title")
    form = room.company.get(where).context["form"]
    sent = {"seen": form.initial["seen"], "value": "  Bill of\tcounsel "}
    answer = room.company.post(f"{where}?sort=item", sent)
    assert answer.status_code == 302
    assert answer["Location"] == f"{LIST}?sort=item#item-counsel-bill"
    assert deal_terms(room.deal).deliverable_by_key["counsel-bill"].title == "Bill of counsel"
    event = Event.objects.filter(verb="checklist-item-changed").get()
    assert event.data["before"].startswith("Bill of Stradling")
    assert event.data["after"] == "Bill of counsel"
    assert room.company.post(where, {**sent, "seen": "Bill of counsel"}).status_code == 302
    assert Event.objects.filter(verb="checklist-item-changed").count() == 1


def test_a_stale_change_shows_both_values_and_does_nothing(room: Room) -> None:
    where = cell("financial-statements", "title")
    seen = room.company.get(where).context["form"].initial["seen"]
    assert room.counsel.post(where, {"seen": seen, "value": "Form 10-K"}).status_code == 302
    answer = room.company.post(where, {"seen": seen, "value": "The 10-K and the 10-Q"})
    assert answer.status_code == 422
    text = text_of(answer)
    assert "is now “Form 10-K”" in text
    assert 'value="The 10-K and the 10-Q"' in text
    assert Deliverable.objects.get(key="financial-statements").title == "Form 10-K"
    again = answer.context["form"].data
    assert room.company.post(where, again).status_code == 302
    assert Deliverable.objects.get(key="financial-statements").title == "The 10-K and the 10-Q"


def test_in_place_with_script_only_the_table_comes_back(room: Room) -> None:
    script = {"HX-Request": "true"}
    where = cell("purchase-price", "part")
    assert b"<html" not in room.company.get(where, headers=script).content
    answer = room.company.post(where, {"seen": "At the closing table", "value": "Money"}, headers=script)
    assert answer.status_code == 200
    assert answer.context["page"].rows[-1].part == "Money"
    wrong = room.company.post(where, {"seen": "At the closing table", "value": "Elsewhere"}, headers=script)
    assert wrong.status_code == 200
    assert wrong["HX-Retarget"] == "#cell-purchase-price-part"
    assert "meanwhile" in text_of(wrong)


def test_an_item_moves_within_its_part(room: Room) -> None:
    where = cell("third-party-consents", "number")
    assert room.company.post(where, {"seen": "4", "value": "1"}).status_code == 302
    assert [each.key for each in deal_terms(room.deal).deliverables][:2] == [
        "third-party-consents",
        "stock-purchase-agreement",
    ]
    answer = room.company.post(where, {"seen": "1", "value": "9"})
    assert answer.status_code == 422
    assert "has the numbers 1 to 4" in text_of(answer)


def test_the_side_that_owes_an_item_of_the_agreement_stays(room: Room) -> None:
    where = cell("financial-statements", "responsible")
    answer = room.company.post(where, {"seen": "issuer", "value": "investors-counsel"})
    assert answer.status_code == 422
    assert "By the agreement the company’s side owes" in text_of(answer)
    assert room.company.post(where, {"seen": "issuer", "value": "company-counsel"}).status_code == 302
    assert Deliverable.objects.get(key="financial-statements").owed_by == "company-counsel"


def test_a_document_with_signed_pages_keeps_its_title(room: Room) -> None:
    where = cell("stock-purchase-agreement", "title")
    answer = room.company.post(where, {"seen": "Stock Purchase Agreement", "value": "Agreement"})
    assert answer.status_code == 422
    assert "take the pages back first" in text_of(answer)


def several(room: Room, *keys: str, **form: str) -> Any:
    seen = json.dumps(room.company.get(LIST).context["page"].seen)
    return room.company.post(f"{LIST}several/", {"item": list(keys), "seen": seen, **form})


def test_several_rows_at_once_all_or_none(room: Room) -> None:
    keys = ("financial-statements", "charter-documents")
    assert several(room, *keys, do="part", part="Disclosure").status_code == 302
    assert set(titles(room, part="Disclosure")) == set(
        Deliverable.objects.filter(key__in=keys).values_list("title", flat=True)
    )
    assert Event.objects.filter(verb="checklist-items-changed").count() == 1
    answer = several(room, *keys, "purchase-price", do="responsible", responsible="company-counsel")
    assert answer.status_code == 422
    assert "By the agreement the investors’ side owes Purchase price" in text_of(answer)
    assert set(Deliverable.objects.filter(key__in=keys).values_list("owed_by", flat=True)) == {"issuer"}
    for form, why in (
        ({"do": "part", "part": " "}, "Say which part"),
        ({"do": "nonsense"}, "Say what to do with the rows"),
        ({"do": "part", "part": "X", "seen": "{"}, "chosen on an older page"),
    ):
        assert why in text_of(several(room, *keys, **form))
    assert "Choose rows first" in text_of(several(room, do="part", part="X"))


def test_several_rows_of_which_one_is_stale_are_refused_whole(room: Room) -> None:
    keys = ("financial-statements", "charter-documents")
    seen = json.dumps(room.company.get(LIST).context["page"].seen)
    change_items(room.deal, Field.PART, "Papers", {keys[0]: "Corporate and charter"}, user(room.counsel))
    form = {"item": keys, "seen": seen, "do": "part", "part": "Disclosure"}
    answer = room.company.post(f"{LIST}several/", form)
    assert answer.status_code == 422
    assert "was “Corporate and charter” and is now “Papers”" in text_of(answer)
    assert Deliverable.objects.get(key=keys[1]).part == "Corporate and charter"


def add(room: Room, client: Any, **changes: Any) -> Any:
    form = client.get(f"{LIST}add/").context["form"]
    said = {
        "form_key": form.initial["form_key"],
        "title": BYLAWS.title,
        "part": BYLAWS.part,
        "owed_by": BYLAWS.owed_by,
        "section": "3(f)",
        "serves": ["2(a)(vii)"],
        **changes,
    }
    return client.post(f"{LIST}add/", said), said


def test_an_item_is_added_once_and_its_name_is_no_markup(room: Room) -> None:
    answer, said = add(room, room.company)
    assert answer.status_code == 302
    room.company.post(f"{LIST}add/", said)
    row = Deliverable.objects.get(added_at__isnull=False)
    assert (row.key, row.owed_to) == ("secretary-s-certificate-b-incumbency-b", "investors-counsel")
    term = deal_terms(room.deal).deliverable_by_key[row.key]
    assert (term.serves, term.section, term.part) == (("2(a)(vii)",), "3(f)", "Corporate and charter")
    page = room.counsel.get(LIST)
    assert b"<b>& inc" not in page.content
    assert b"&lt;b&gt;&amp; incumbency" in page.content
    answer, _ = add(room, room.company, owed_to="company-counsel")
    assert answer.status_code == 422
    assert "cannot be owed by somebody to himself" in text_of(answer)


def test_only_what_counsel_added_is_withdrawn_and_it_may_come_back(room: Room) -> None:
    for key, why in (
        ("compliance-certificate", "is what meets 2(a)(iv)"),
        ("financial-statements", "comes with the deal file"),
    ):
        assert why in text_of(several(room, key, do="withdraw", reason="Not needed"))
    key = add_item(room.deal, BYLAWS, user(room.company))
    assert "A reason belongs" in text_of(several(room, key, do="withdraw"))
    assert several(room, key, do="withdraw", reason="Covered elsewhere").status_code == 302
    assert key not in deal_terms(room.deal).deliverable_by_key
    assert room.company.get(f"{BASE}/documents/{key}/").status_code == 404
    assert "Covered elsewhere" in said(room)
    assert room.counsel.post(f"{LIST}items/{key}/put-back/").status_code == 302
    assert key in deal_terms(room.deal).deliverable_by_key
    verbs = list(Event.objects.filter(subject_kind="deliverable").order_by("id").values_list("verb", flat=True))
    assert verbs[-3:] == ["checklist-item-added", "checklist-item-withdrawn", "checklist-item-put-back"]


def test_what_counsel_changed_is_in_the_exported_deal_file_and_loads_again(room: Room) -> None:
    who = user(room.company)
    change_items(room.deal, Field.TITLE, "The & Trust’s “bill”", {"counsel-bill": BILL}, who)
    move_item(room.deal, "third-party-consents", 1, 4, who)
    key = add_item(room.deal, BYLAWS, who)
    gone = add_item(room.deal, BYLAWS, who)
    withdraw_items(room.deal, [gone], "Twice on the list", who)
    text = write_deal(deal_terms(room.deal))
    again = read_deal(text, "exported.toml")
    assert write_deal(again) == text
    assert [key in again.deliverable_by_key, gone in again.deliverable_by_key] == [True, False]
    assert load_deal_file(again)[1] is Loaded.UNCHANGED
    assert Deliverable.objects.get(key=gone).withdrawn_reason == "Twice on the list"


def test_a_deal_file_that_states_a_withdrawn_item_brings_it_back(room: Room) -> None:
    who = user(room.company)
    key = add_item(room.deal, BYLAWS, who)
    told = deal_terms(room.deal)
    withdraw_items(room.deal, [key], "Not needed", who)
    load_deal(told)
    assert key in deal_terms(room.deal).deliverable_by_key


def test_after_the_closing_nothing_changes(db: None) -> None:
    with open_room("closing-day", CLOSING) as room:
        close_deal(room.deal, None, expected=everyone(room))
        answer = room.company.get(LIST)
        assert "its checklist is fixed" in text_of(answer)
        assert b'name="item"' not in answer.content
        wrong = room.company.post(cell("counsel-bill", "title"), {"seen": BILL, "value": "Bill"})
        assert wrong.status_code == 422
        assert "its checklist is fixed" in text_of(wrong)


def everyone(room: Room) -> Any:
    return [each.name for each in deal_terms(room.deal).investors]


BILL = "Bill of Stradling, Yocca, Carlson & Rauth for fees and expenses"


@pytest.mark.parametrize("path", ["", "?sort=item&q=a", "export/full/xlsx/"])
def test_the_queries_do_not_grow(db: None, path: str) -> None:
    counts = {}
    for investors, items in ((1, 1), (15, 15), (40, 200)):
        deal, client = deal_of(investors)
        rows = [
            Deliverable(
                deal=deal, position=100 + at, key=f"i-{at}", title=f"Item {at}", part="Many", owed_by="issuer",
                owed_to="investors",
            )
            for at in range(items)
        ]  # fmt: skip
        Deliverable.objects.bulk_create(rows)
        with CaptureQueriesContext(connection) as found:
            answer = client.get(f"/deals/{deal.code}/checklist/{path}")
            assert b"Item" in answer.content if not answer.streaming else b"".join(answer)
        counts[investors, items] = len(found.captured_queries)
        Deliverable.objects.filter(deal=deal, key__startswith="i-").delete()
    assert len(set(counts.values())) == 1, counts
