"""A firm's own list against the deal's: what goes out matches when it comes back, and nothing in it becomes met."""

from dataclasses import fields, replace
from typing import Any

from hypothesis import assume, given, settings, strategies as st

from closing.papers.excel import excel_file
from closing.papers.tables import excel_tables, text_table, word_tables
from closing.papers.word import word_file
from closing.rules.checklist import Field, changed, in_parts, moved, new_key, numbers, put_in_part, tidy
from closing.rules.checklist_import import Outcome, PlannedRow, plan
from closing.rules.deal_wrong import SLUG
from closing.rules.terms import Deliverable
from tests.papers.samples import sheet_of
from tests.rules.any_facts import CERPLEX

titles = st.text(min_size=1, max_size=60).map(tidy).filter(bool)


@st.composite
def any_items(draw: st.DrawFn) -> tuple[Deliverable, ...]:
    said = draw(
        st.lists(st.tuples(titles, st.sampled_from(["Closing", "A. Papers", "=Part", "Item"])), min_size=1, max_size=8)
    )
    return tuple(
        Deliverable(key=f"k-{at}", title=title, part=part, owed_by="issuer", owed_to="investors-counsel")
        for at, (title, part) in enumerate(said)
    )


@settings(max_examples=60, deadline=None)
@given(any_items(), st.sampled_from(["word", "excel"]))
def test_what_was_sent_out_is_recognised_row_by_row_when_it_comes_back(
    items: tuple[Deliverable, ...], paper: str
) -> None:
    deal = replace(CERPLEX, deliverables=in_parts(items))
    sheet = sheet_of(deal)
    rows = word_tables(word_file(sheet)) if paper == "word" else excel_tables(excel_file(sheet))
    found = [row for row in plan(rows, deal).rows if row.outcome is not Outcome.PART]
    assert [row.outcome for row in found] == [Outcome.MATCH] * len(items)
    assert [row.title for row in found] == [each.title for each in deal.deliverables]
    assert sorted(row.key for row in found) == sorted(each.key for each in items)
    assert {row.owed_by for row in found} == {"issuer"}


def test_the_reference_list_comes_back_whole() -> None:
    sheet = sheet_of(CERPLEX, comment="=look")
    for rows in (word_tables(word_file(sheet)), excel_tables(excel_file(sheet))):
        found = plan(rows, CERPLEX)
        items = [row for row in found.rows if row.outcome is not Outcome.PART]
        assert [(row.key, row.comment) for row in items] == [(each.key, "=look") for each in CERPLEX.deliverables]
        assert [row.owed_by for row in items] == [each.owed_by for each in CERPLEX.deliverables]
        assert [row.signed_by for row in items] == [each.signed_by for each in CERPLEX.deliverables]
        assert found.unread == ()


def planned(text: str) -> list[PlannedRow]:
    return [row for row in plan(text_table(text), CERPLEX).rows if row.outcome is not Outcome.PART]


def test_columns_are_known_by_what_firms_call_them() -> None:
    for head in (
        "No.\tDocument\tResponsible Party\tSignatories\tSection Reference\tStatus\tRemarks",
        "#\tClosing Item\tDrafted by\tSigning Parties\tRef.\tState\tNotes",
        "Item\tDescription\tResponsibility\tSignatures\tSection(s)\tDone\tComments/Notes",
    ):
        row = planned(f"{head}\n1.\tGood standing certificate\tBrobeck\tCompany\t§ 2(a)(vii)\tDone\tOrdered")[0]
        assert (row.number, row.title, row.owed_by) == ("1.", "Good standing certificate", "company-counsel")
        assert (row.signed_by, row.section, row.serves) == (("issuer",), "2(a)(vii)", ("2(a)(vii)",))
        assert (row.outcome, row.comment) == (Outcome.CREATE, "Ordered")


def test_a_status_is_nowhere_in_what_is_planned() -> None:
    assert not {each.name for each in fields(PlannedRow)} & {"status", "state", "met", "done"}
    row = planned("Item\tStatus\nCompliance certificate\tDone, signed and delivered")[0]
    assert row.key == "compliance-certificate"
    assert "Done" not in repr(row)


def test_parts_are_headings_or_a_column() -> None:
    text = (
        "No.\tItem\tWho owes it\n\tB. Corporate and Charter\t\n1\tBylaws\tCompany\nII. Closing\t\t\n2\tWire\tInvestors"
    )
    assert [row.part for row in planned(text)] == ["Corporate and charter", "Closing"]
    assert [row.part for row in planned("Part\tItem\nVoting\tProxy card\n\tBallot")] == ["Voting", "Other items"]


def test_without_a_head_only_the_items_are_read() -> None:
    found = plan(text_table("1.\tBylaws\tDone\n2.\tGood standing\tOpen"), CERPLEX)
    assert not found.has_heading
    assert [(row.title, row.comment, row.owed_by) for row in found.rows] == [
        ("Bylaws", "", ""),
        ("Good standing", "", ""),
    ]


def test_the_same_item_twice_is_added_once_and_a_near_one_is_asked_about() -> None:
    said = ("Bylaws", "the  BYLAWS.", "The compliance certificate", "Opinion of Brobeck Phleger and Harrison")
    found = planned("\n".join(["Item\tResponsible", *(f"{each}\tCompany" for each in said)]))
    assert [row.outcome for row in found] == [Outcome.CREATE, Outcome.IGNORE, Outcome.MATCH, Outcome.MATCH]
    assert found[1].says == ("The same as row 2.",)
    assert [row.key for row in found[2:]] == ["compliance-certificate", "opinion-of-company-counsel"]
    near = planned("Item\tResponsible\nFourth Amendment to the Registration Rights Agreement\tBrobeck")[0]
    assert (near.outcome, near.key) == (Outcome.MATCH, "registration-rights-agreement")
    assert "look whether it is the same" in near.says[0]


def test_who_is_no_party_is_told() -> None:
    row = planned("Item\tResponsible\tSignatories\nBylaws\tSomebody & Co.\tThe Cerplex Group, Inc.; a notary")[0]
    assert row.owed_by == ""
    assert row.says == ("“Somebody & Co.” is no party of the deal.", "Not taken as signatories: a notary.")


def test_a_name_with_an_ampersand_is_a_party() -> None:
    assert planned("Item\tResponsible\nTrust deed\tThe & Trust")[0].owed_by == "The & Trust"


@given(any_items(), st.data())
def test_moving_keeps_every_item_and_its_part_together(items: tuple[Deliverable, ...], data: st.DataObject) -> None:
    ordered = in_parts(items)
    item = data.draw(st.sampled_from(ordered))
    places = [at for at, each in enumerate(ordered, start=1) if each.part == item.part]
    number = data.draw(st.sampled_from(places))
    after = moved(items, item.key, number)
    assert numbers(after)[item.key] == number
    assert sorted(after, key=lambda each: each.key) == sorted(items, key=lambda each: each.key)
    assert in_parts(after) == after
    assert moved(after, item.key, numbers(ordered)[item.key]) == ordered


@given(any_items(), st.data())
def test_changing_a_field_of_some_leaves_the_others_alone(items: tuple[Deliverable, ...], data: st.DataObject) -> None:
    keys = data.draw(st.sets(st.sampled_from([each.key for each in items]), min_size=1))
    field = data.draw(st.sampled_from([Field.TITLE, Field.PART, Field.OWED_BY]))
    after = {each.key: each for each in changed(items, keys, field, "New")}
    assert len(after) == len(items)
    for each in items:
        new: Any = {field.value: "New"}
        expected = replace(each, **new) if each.key in keys else each
        assert after[each.key] == expected
    assume(field is Field.PART)
    assert put_in_part(items, keys, "New") == changed(items, keys, field, "New")


@given(st.lists(titles, max_size=12))
def test_new_keys_are_slugs_of_their_own(said: list[str]) -> None:
    taken: set[str] = set()
    for title in said:
        key = new_key(title, taken)
        assert SLUG.fullmatch(key)
        assert key not in taken
        taken.add(key)
