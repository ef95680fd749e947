"""In which capacity somebody signs, and who is asked to: as the agreement's blocks have it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from closing.rules import electronic_consent
from closing.rules.capacity import (
    asks_name,
    asks_title,
    capacity_of,
    i_sign_in_words,
    name_of_signer,
    signs_in_words,
)
from closing.rules.facts import Facts, Signature
from closing.rules.invitations import unsigned_by_person
from closing.rules.terms import ChainLink
from tests.rules.any_facts import CERPLEX

BLOCKS = CERPLEX.block_by_key
SPROUT = "for Sprout Growth II, L.P., by DLJ Capital Corporation, its General Managing Partner, as Attorney-in-Fact"
AGREEMENT, RIGHTS = "stock-purchase-agreement", "registration-rights-agreement"


def test_the_chain_is_told_link_by_link() -> None:
    assert signs_in_words(BLOCKS["sprout"]) == f"You sign {SPROUT}."
    longer = (*BLOCKS["sprout"].chain, ChainLink(entity="A further manager", capacity="Its: Manager"))
    assert capacity_of(replace(BLOCKS["sprout"], chain=longer)) == (
        "for Sprout Growth II, L.P., by DLJ Capital Corporation, its General Managing Partner, "
        "by A further manager, its Manager, as Attorney-in-Fact"
    )


def test_an_individual_signs_for_himself() -> None:
    assert signs_in_words(BLOCKS["malcolm-fairbairn"]) == "You sign for yourself."
    assert i_sign_in_words(BLOCKS["malcolm-fairbairn"]) == "I sign for myself."
    assert capacity_of(BLOCKS["malcolm-fairbairn"], "President") == "as an individual"


def test_a_name_that_ends_in_a_stop_gets_no_second() -> None:
    assert signs_in_words(BLOCKS["cerplex"]) == "You sign for The Cerplex Group, Inc."
    assert i_sign_in_words(BLOCKS["the-and-trust"]) == "I sign for The & Trust."


def test_what_he_fills_in_stands_where_the_agreement_is_blank() -> None:
    assert capacity_of(BLOCKS["scorpion"], "Partner") == "for Scorpion Offshore Investment Fund, as Partner"
    assert capacity_of(BLOCKS["sprout"], "President") == SPROUT
    assert name_of_signer(BLOCKS["scorpion"], "Daniel S. Martin") == "Daniel S. Martin"
    assert name_of_signer(BLOCKS["sprout"], "Somebody") == "Robert Finzi"


@pytest.mark.parametrize(
    ("key", "name", "title"),
    [("sprout", False, False), ("dlj", True, False), ("scorpion", True, True), ("malcolm-fairbairn", False, False)],
)
def test_only_blanks_are_asked(key: str, name: bool, title: bool) -> None:
    assert (asks_name(BLOCKS[key]), asks_title(BLOCKS[key])) == (name, title)


def test_the_words_of_the_consent_have_their_digest() -> None:
    assert len(electronic_consent.SHA256) == 64
    assert all(point in electronic_consent.TEXT for point in electronic_consent.POINTS)


def test_each_person_is_asked_for_what_lacks_his_signature_and_told_why_not() -> None:
    signed = Facts(
        deal=CERPLEX.code,
        signatures=(Signature(at=datetime(1996, 6, 1, tzinfo=UTC), document=AGREEMENT, block="sprout"),),
    )
    back = [(AGREEMENT, "nitin-mehta")]
    found = unsigned_by_person(CERPLEX, signed, [AGREEMENT], [(AGREEMENT, "dlj")], back)
    of_finzi = {each.place: each.why_not for each in found["Robert Finzi"]}
    assert of_finzi == {
        (AGREEMENT, "dlj"): "declined",
        (RIGHTS, "sprout"): "no execution version yet",
        (RIGHTS, "dlj"): "no execution version yet",
    }
    assert found["Nitin T. Mehta"][0].why_not == "came back, to be confirmed"
    assert {each.why_not for each in found["Daniel S. Martin"] if each.document == AGREEMENT} == {""}
    assert sum(len(pages) for pages in found.values()) == 35


def test_nobody_is_asked_before_his_turn() -> None:
    ordered = replace(
        CERPLEX,
        deliverables=tuple(
            replace(each, signing_order=(("investors",), ("issuer",))) if each.key == AGREEMENT else each
            for each in CERPLEX.deliverables
        ),
    )
    found = unsigned_by_person(ordered, Facts(deal=CERPLEX.code), [AGREEMENT], [])
    of_nye = {each.document: each.why_not for each in found["Bruce D. Nye"]}
    assert of_nye[AGREEMENT] == "others sign first"
