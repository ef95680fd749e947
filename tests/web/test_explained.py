"""The gate explains itself, in the same words everywhere, and at any moment of the past."""

import json
from html import unescape
from io import StringIO
from urllib.parse import quote

import pytest
from django.core.management import call_command

from closing.queries.gates import gate_of
from closing.queries.overview import Mark, Window, overview_page
from closing.queries.tie_out import ledger_of
from closing.rules.closings import closing_review
from closing.rules.explain import explain
from closing.rules.reminders import notices
from closing.rules.status import as_json
from closing.rules.words import moment_of
from tests.web.world import World

pytestmark = pytest.mark.django_db

BASE = "/deals/cerplex-1996"
DAYS = ["1996-05-24", "1996-05-29", "1996-05-31", "1996-06-03"]


def page(world: World, rest: str) -> str:
    response = world.client("company").get(f"{BASE}/{rest}")
    assert response.status_code == 200
    return unescape(response.content.decode())


def test_every_open_cell_of_the_matrix_leads_to_why(room: World) -> None:
    text = page(room, "")
    for state in gate_of(room.deal).investors:
        pk = room.allotment(state.investor.name).pk
        for section, cell in state.cells.items():
            link = f'href="investors/{pk}/conditions/{quote(section, safe="()")}/"'
            assert (link in text) is (cell.state != "met"), (state.investor.name, section)
    assert " 2(a)(vi), The & Trust</span>" in text


def test_the_words_are_the_same_everywhere(room: World) -> None:
    """For the opening facts: the page of the cell, the JSON, the reminder, the condition's page and the refusal."""
    gate = gate_of(room.deal)
    told = {(each["section"], each["investor"], each["reason"]) for each in as_json(gate)["blockers"]}
    mailed = {debt.reason for notice in notices(gate) for debt in notice.debts}
    left_out = {each.investor.name: each.reasons for each in closing_review(gate, ledger_of(room.deal)).left_out}
    for blocker in gate.blockers:
        assert (blocker.section, blocker.investor, blocker.reason) in told
        name = blocker.investor or gate.investors[0].investor.name
        explained = explain(gate, blocker.section, name)
        if gate.investor(name).cells[blocker.section].is_satisfied:
            continue
        texts = {each.text for each in explained.reasons}
        assert blocker.reason in texts or any(each in blocker.reason for each in texts), blocker
        # What keeps an investor out of the closing is the same sentence that its cell says.
        assert f"{blocker.section}: {explained.missing}" in left_out[name]
    lacks = {missing.lack for blocker in gate.blockers for missing in blocker.missing}
    assert {lack for lack in lacks if not any(lack in reason for reason in mailed)} == set()


@pytest.mark.parametrize("section", ["2(a)(i)", "2(a)(iv)", "2(a)(vi)", "2(a)(viii)", "2(a)(ix)", "2(b)(ii)"])
def test_a_cell_says_the_rule_the_facts_and_who_owes_it(room: World, section: str) -> None:
    gate, name = gate_of(room.deal), "Whitman Partners, L.P."
    text = page(room, f"investors/{room.allotment(name).pk}/conditions/{section}/")
    explained = explain(gate, section, name)
    assert explained.rule in text
    for each in explained.looked_at:
        assert each in text
    for reason in explained.reasons:
        assert reason.text in text
        assert f"Owed by {reason.owed_by}" in text


@pytest.mark.parametrize("day", DAYS)
def test_a_past_day_is_the_same_on_the_page_and_in_the_terminal(room: World, day: str) -> None:
    out = StringIO()
    call_command("deal_status", "cerplex-1996", on=moment_of(day, room.deal.time_zone), format="json", stdout=out)
    said = json.loads(out.getvalue())
    shown = overview_page(room.deal, Window(moment=moment_of(day, room.deal.time_zone)))
    words = {Mark.MET: "met", Mark.WAIVED: "waived", Mark.OPEN: "open", Mark.LATER: "not yet possible"}
    for row, stated in zip(shown.rows, said["investors"], strict=True):
        assert row.name == stated["name"]
        for column, mark in zip(shown.columns, row.marks, strict=True):
            state = stated["conditions"][column.section]
            assert words.get(mark, "open") == state or mark is Mark.UNDONE
    text = page(room, f"?on={day}")
    assert "As it stood on" in text
    assert shown.headline in text
    for word in ("met", "waived", "open"):
        ours = sum(1 for row in shown.rows for mark in row.marks if words.get(mark) == word)
        assert text.count(f'<span class="visually-hidden">{word}</span>') == ours


def test_a_page_of_the_past_offers_no_act(room: World) -> None:
    text = page(room, "?on=1996-05-31")
    assert "Close the deal" not in text
    assert "/sign-off/" not in text
    assert "?on=1996-05-31" in text  # on the cells
    cell = page(room, f"investors/{room.allotment('Andrea Martin').pk}/conditions/2(b)(ii)/?on=1996-05-31")
    assert "Nothing can be done on this page." in cell
    assert "what you can do about it" not in cell
    assert "As it stood on" in page(room, "conditions/?on=1996-05-31")


@pytest.mark.parametrize("day", ["yesterday", "1996-13-01", "2030-01-01"])
def test_no_day_and_no_future_day_are_told(room: World, day: str) -> None:
    text = page(room, f"?on={day}")
    assert "this is how it stands now" in text
    assert "As it stood on" not in text
