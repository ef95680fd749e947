"""Where deliverables stand: told from the facts, and to an investor only of itself."""

from dataclasses import replace
from datetime import UTC, datetime

from closing.rules.documents import satisfied_state, signatories, standing
from closing.rules.facts import CarryOver, ExecutionVersion, Signature
from closing.rules.facts_file import read_facts
from closing.rules.gate import Gate, evaluate
from tests.rules.any_facts import CERPLEX, SAMPLES

AT = datetime(1996, 5, 28, 16, 0, tzinfo=UTC)
PAGE = Signature(at=AT, document="stock-purchase-agreement", block="sprout")
FAIRBAIRNS = frozenset({"Malcolm and Emily Fairbairn"})
SPROUT = frozenset({"Sprout Growth II, L.P."})


def gate(name: str, at: str) -> Gate:
    path = SAMPLES / f"cerplex-1996.{name}.toml"
    return evaluate(CERPLEX, read_facts(path.read_text(), CERPLEX, path.name), datetime.fromisoformat(at))


OPENING = gate("opening", "1996-06-03T09:00-07:00")
FACTS = read_facts((SAMPLES / "cerplex-1996.opening.toml").read_text(), CERPLEX, "opening")
CLOSING_DAY = gate("closing-day", "1996-06-10T11:05-07:00")


def said(of: Gate, key: str, own: frozenset[str] | None = None, versions: int = 0) -> tuple[str, bool]:
    found = standing(of, CERPLEX.deliverable_by_key[key], versions, own)
    return str(found), found.is_waiting


def test_a_signed_document_counts_its_pages() -> None:
    assert said(OPENING, "stock-purchase-agreement") == ("15 of 17 pages signed", True)
    assert said(CLOSING_DAY, "stock-purchase-agreement") == ("Signed by all, in escrow", False)


def test_an_investor_reads_of_its_own_pages_only() -> None:
    assert said(OPENING, "stock-purchase-agreement", FAIRBAIRNS) == ("1 of your 2 pages signed", True)
    assert said(OPENING, "stock-purchase-agreement", SPROUT) == ("Your page signed, in escrow", False)
    for deliverable in CERPLEX.deliverables:
        assert "of 1" not in said(OPENING, deliverable.key, SPROUT)[0]


def test_pages_signed_for_an_earlier_version_are_told_apart_and_a_block_counts_once() -> None:
    key, at = "stock-purchase-agreement", OPENING.moment
    first = ExecutionVersion(at=datetime(1996, 5, 24, tzinfo=UTC), document=key, version="1" * 64)
    second = ExecutionVersion(at=at, document=key, version="2" * 64)
    facts = replace(FACTS, execution_versions=(first, second))
    assert said(evaluate(CERPLEX, facts, at), key) == ("Not signed; 15 pages signed for an earlier version", True)
    anew = replace(PAGE, at=at, version=second.version)
    over = CarryOver(at=at, document=key, version=second.version, authority="By telephone", blocks=("sprout",))
    facts = replace(facts, signatures=(*facts.signatures, anew), carry_overs=(over,))
    told = said(evaluate(CERPLEX, facts, at), key)
    assert told == ("1 of 17 pages signed; 14 pages signed for an earlier version", True)
    assert said(evaluate(CERPLEX, facts, at), key, SPROUT) == ("Your page signed, in escrow", False)


def test_papers_deliveries_proxies_and_bills_are_told() -> None:
    told, is_waiting = said(CLOSING_DAY, "opinion-of-company-counsel")
    assert (told, is_waiting) == ("Dated June 10, 1996; Delivered to every investor", False)
    assert said(OPENING, "counsel-bill") == ("Billed $24,692.40", False)
    assert said(OPENING, "irrevocable-proxies")[0].startswith("Proxies on file: ")
    assert said(OPENING, "irrevocable-proxies")[1]


def test_what_no_fact_speaks_of_is_a_copy_or_waits_for_one() -> None:
    assert said(OPENING, "third-party-consents") == ("Not handed in", True)
    assert said(OPENING, "third-party-consents", versions=2) == ("Version 2 on file", False)
    assert said(CLOSING_DAY, "third-party-consents") == ("No copy on file; its condition is met or waived", False)


def test_on_closing_day_nothing_that_a_condition_needs_is_awaited() -> None:
    waiting = [each.key for each in CERPLEX.deliverables if each.serves and said(CLOSING_DAY, each.key)[1]]
    assert waiting == []


def test_a_condition_is_satisfied_for_whom_it_is() -> None:
    assert satisfied_state(OPENING, "2(b)(ii)") is None
    assert satisfied_state(OPENING, "2(b)(ii)", SPROUT) is not None
    assert satisfied_state(OPENING, "2(b)(ii)", FAIRBAIRNS) is None


def test_no_other_investor_is_named_among_the_signatories() -> None:
    named = replace(CERPLEX.deliverables[0], signed_by=("issuer", "Andrea Martin", "Sprout Growth II, L.P."))
    assert signatories(OPENING, named, SPROUT) == "The Cerplex Group, Inc.; Sprout Growth II, L.P."
