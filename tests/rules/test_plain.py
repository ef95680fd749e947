"""Records as plain JSON and back."""

import json
from dataclasses import fields
from typing import Any

import pytest

from closing.rules.deal_file import read_deal
from closing.rules.evidence import Evidence
from closing.rules.plain import from_plain, to_plain
from closing.rules.terms import Covenant, Deal, Fault, Person, Threshold, UseOfProceeds
from tests.rules.any_facts import SAMPLES

# What the database keeps as JSON of a deal.
LONG_TAIL: dict[str, Any] = {
    "people": tuple[Person, ...],
    "thresholds": tuple[Threshold, ...],
    "covenants": tuple[Covenant, ...],
    "proceeds": tuple[UseOfProceeds, ...],
    "faults": tuple[Fault, ...],
}
DEALS = [read_deal(path.read_text(), path.name) for path in sorted(SAMPLES.glob("*.toml")) if path.name.count(".") == 1]


@pytest.mark.parametrize("deal", DEALS, ids=lambda deal: deal.code)
def test_what_is_stored_as_json_reads_back_the_same(deal: Deal) -> None:
    for name, hint in LONG_TAIL.items():
        value = getattr(deal, name)
        assert from_plain(hint, json.loads(json.dumps(to_plain(value)))) == value


@pytest.mark.parametrize("deal", DEALS, ids=lambda deal: deal.code)
def test_evidence_keeps_its_kind(deal: Deal) -> None:
    for condition in deal.conditions:
        read = from_plain(Evidence, json.loads(json.dumps(to_plain(condition.evidence))))
        assert read == condition.evidence
        assert type(read) is type(condition.evidence)
        assert len(fields(read)) == len(fields(condition.evidence))
