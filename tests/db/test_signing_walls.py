"""What the database refuses of signature pages, signatures given in the browser and refusals, also to raw SQL."""

import pytest

from closing.actions.declining import decline
from closing.actions.packets import request_packets
from closing.actions.signing import sign
from closing.models import Deal
from investors.models import User
from tests.db.walls import refused, run
from tests.web.signing_room import AGREEMENT, freeze, read, signing


@pytest.mark.parametrize(
    "change",
    ["version_id = NULL", "token = 'ABCDEFGH01'", "block_id = block_id + 1", "deliverable_id = deliverable_id + 1"],
)
def test_a_signature_page_stays_of_its_block_and_its_version(cerplex: Deal, change: str) -> None:
    freeze(cerplex)
    request_packets(cerplex, None)
    with refused("never_changed"):
        run(f"UPDATE closing_signaturepage SET {change} WHERE version_id IS NOT NULL")
    with refused("never_deleted"):
        run("DELETE FROM closing_signaturepage")
    run("UPDATE closing_signaturepage SET sent_at = now(), viewed_at = now()")


@pytest.mark.parametrize(
    "change",
    [
        "typed = '', strokes = '[[[0.1, 0.1], [0.2, 0.2]]]'",
        "document_sha256 = repeat('0', 64)",
        "consent_sha256 = repeat('0', 64)",
        "address = NULL",
        "agent = 'Another browser'",
        "email = 'another@investor.example'",
        "signed_at = signed_at - interval '1 day'",
        "capacity = 'for another'",
    ],
)
def test_the_evidence_of_a_signature_stays_as_it_was(cerplex: Deal, change: str) -> None:
    version, andrea = freeze(cerplex), User.objects.get(name="Andrea Martin")
    read(cerplex, version, andrea)
    sign(cerplex, signing(version, "andrea-martin", typed="Andrea Martin"), andrea)
    with refused("never_changed"):
        run(f"UPDATE closing_electronicsignature SET {change}")
    with refused("never_deleted"):
        run("DELETE FROM closing_electronicsignature")
    run("UPDATE closing_electronicsignature SET state = 'failed', error = 'No time stamp came.', attempts = 5")


def test_a_refusal_to_sign_keeps_its_reason_when_it_is_taken_back(cerplex: Deal) -> None:
    decline(cerplex, AGREEMENT, ["andrea-martin"], "The price.", User.objects.get(name="Andrea Martin"))
    for statement, wall in (
        ("UPDATE closing_declining SET reason = 'Nothing.'", "never_changed"),
        ("DELETE FROM closing_declining", "never_deleted"),
    ):
        with refused(wall):
            run(statement)
    run("UPDATE closing_declining SET taken_back_at = now()")
