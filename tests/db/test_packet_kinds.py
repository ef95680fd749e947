"""Packets of firms and of documents, pages bound to their version, and small packets made some at a time."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from closing.actions import packet_making
from closing.actions.base import ActionRefused
from closing.actions.facts import record_fact
from closing.actions.packets import cancel_packet, request_packets
from closing.models import Deal, DocumentVersion, Event, Packet, SignaturePage
from closing.pdf import signatures
from closing.pdf.signature_specs import PacketSpec
from closing.queries.packet_specs import PrintedPage, frame_of, packet_spec, pages_of_each
from closing.queries.packets import packet_list
from closing.rules import facts
from closing.rules.access import Role
from investors import clock
from investors.models import User
from tests.db.conftest import MONDAY
from tests.db.test_packets import packet_of, sign
from tests.rules.any_facts import CERPLEX

Kind, State = Packet.Kind, Packet.State


def spec_of(packet: Packet) -> PacketSpec:
    return packet_spec(frame_of(packet.deal), packet.kind, packet.person, pages_of_each([packet])[packet.pk], "")


def freeze(deal: Deal, number: int, sha256: str) -> DocumentVersion:
    """A file handed in for the agreement, and that it is the one to sign."""
    version = DocumentVersion.objects.create(
        deliverable=deal.deliverables.get(key="stock-purchase-agreement"),
        number=number,
        filename="agreement.pdf",
        sha256=sha256,
        size=1,
        content_type="application/pdf",
        at=clock.now(),
    )
    said = facts.ExecutionVersion(at=clock.now(), document="stock-purchase-agreement", version=sha256, number=number)
    record_fact(deal, said, None)
    return version


class TestKinds:
    """Packets of firms and of documents: the same pages, put together otherwise."""

    def test_a_firm_gets_one_packet_for_all_whose_address_is_in_its_care(self, cerplex: Deal) -> None:
        packets = request_packets(cerplex, None, kind=Kind.FIRM)
        assert [each.person for each in packets] == [
            "Standard Pacific Capital LLC",
            "Peak Investment Limited Partnership",
            "Whitman Capital",
        ]
        spec = spec_of(packet_of(packets, "Standard Pacific Capital LLC"))
        assert (spec.of, spec.signatory) == ("firm", "Standard Pacific Capital LLC")
        assert all(page.person for page in spec.pages)
        assert not spec.address_lines[0].startswith("c/o")
        parties = {page.block.party for page in spec.pages}
        in_care = {each.name for each in CERPLEX.investors if each.care_of == "c/o Standard Pacific Capital LLC"}
        assert len(in_care) == 6
        assert parties == {block.party for each in CERPLEX.investors if each.name in in_care for block in each.blocks}

    def test_a_document_gets_one_packet_with_the_page_of_every_block(self, cerplex: Deal) -> None:
        packets = request_packets(cerplex, None, kind=Kind.DOCUMENT)
        assert sum(each.pages_total for each in packets) == SignaturePage.objects.count() == 36
        agreement = packet_of(packets, "Stock Purchase Agreement")
        assert agreement.pages_total == 17
        spec = spec_of(agreement)
        assert spec.address_lines == ()
        assert spec.return_to[0] == "Each page to the counsel of its side:"  # the company signs too

    def test_the_same_page_has_one_code_in_packets_of_every_kind(self, cerplex: Deal) -> None:
        for kind in Kind:
            request_packets(cerplex, None, kind=kind)
        assert SignaturePage.objects.count() == 36
        assert len({each.pk for kind in Kind for each in request_packets(cerplex, None, kind=kind)}) == (
            Packet.objects.count()
        )

    def test_only_what_is_missing_is_in_it(self, cerplex: Deal) -> None:
        sign(cerplex, "stock-purchase-agreement", "the-and-trust")
        (agreement,) = request_packets(cerplex, None, "Stock Purchase Agreement", Kind.DOCUMENT)
        assert agreement.pages_total == 16
        assert "The & Trust" not in {page.block.party for page in spec_of(agreement).pages}

    def test_an_investor_sees_and_asks_for_no_packet_with_anothers_page(
        self, cerplex: Deal, user_of: Callable[[Role], User]
    ) -> None:
        malcolm = user_of(Role.INVESTOR)
        request_packets(cerplex, None, kind=Kind.FIRM)
        request_packets(cerplex, None, kind=Kind.DOCUMENT)
        assert packet_list(cerplex, malcolm, MONDAY).rows == ()
        for kind, name in ((Kind.FIRM, "Whitman Capital"), (Kind.DOCUMENT, "Stock Purchase Agreement")):
            with pytest.raises(ActionRefused, match="your own"):
                request_packets(cerplex, malcolm, name, kind)


class TestVersions:
    """A page is bound to the version that it is signed for, and says which."""

    @pytest.fixture
    def frozen(self, cerplex: Deal) -> DocumentVersion:
        return freeze(cerplex, 3, "4f1c9a0b11d233ef" * 4)

    def test_the_page_prints_the_version(self, cerplex: Deal, frozen: DocumentVersion) -> None:
        (agreement,) = request_packets(cerplex, None, "Stock Purchase Agreement", Kind.DOCUMENT)
        printed = {page.version for page in spec_of(agreement).pages}
        assert printed == {"Execution version 3, SHA-256 beginning 4f1c 9a0b 11d2 33ef"}
        assert packet_making.make(agreement.pk)

    def test_a_later_version_makes_new_pages_and_the_old_packet_is_not_made(
        self, cerplex: Deal, frozen: DocumentVersion
    ) -> None:
        (old,) = request_packets(cerplex, None, "Andrea Martin")
        with clock.fixed(MONDAY + timedelta(hours=1)):
            freeze(cerplex, 4, "ab" * 32)
            assert not packet_making.make(old.pk)
            old.refresh_from_db()
            assert old.state == State.FAILED
            assert "version to sign" in old.error
            (new,) = request_packets(cerplex, None, "Andrea Martin")
        tokens = [{page.token for page in spec_of(each).pages} for each in (old, new)]
        assert len(tokens[0] & tokens[1]) == 1  # the other document is as it was

    def test_a_packet_made_before_there_was_a_version_asks_for_nothing_any_more(
        self, cerplex: Deal, user_of: Callable[[Role], User]
    ) -> None:
        request_packets(cerplex, None)
        with clock.fixed(MONDAY + timedelta(hours=1)):
            freeze(cerplex, 3, "cd" * 32)
            rows = packet_list(cerplex, user_of(Role.COMPANY_COUNSEL), clock.now()).rows
            signs = "Stock Purchase Agreement", "Andrea Martin"
            assert [each.is_current for each in rows if signs in each.pages] == [False]
            again = {each.pk for each in request_packets(cerplex, None)}
            rows = packet_list(cerplex, user_of(Role.COMPANY_COUNSEL), clock.now()).rows
        assert {each.id for each in rows if each.is_current} == again

    def test_a_packet_for_a_version_whose_file_is_elsewhere_is_current(
        self, cerplex: Deal, user_of: Callable[[Role], User]
    ) -> None:
        said = facts.ExecutionVersion(at=MONDAY, document="stock-purchase-agreement", version="cd" * 32)
        record_fact(cerplex, said, None)
        request_packets(cerplex, None)
        assert all(each.is_current for each in packet_list(cerplex, user_of(Role.COMPANY_COUNSEL), MONDAY).rows)

    def test_a_page_signed_for_the_earlier_version_is_missing_again(
        self, cerplex: Deal, frozen: DocumentVersion
    ) -> None:
        sign(cerplex, "stock-purchase-agreement", "andrea-martin")
        assert request_packets(cerplex, None, "Andrea Martin")[0].pages_total == 1
        with clock.fixed(MONDAY + timedelta(hours=1)):
            freeze(cerplex, 4, "ab" * 32)
            assert request_packets(cerplex, None, "Andrea Martin")[0].pages_total == 2


class TestTogether:
    """Small packets are made some at a time; none suffers from another."""

    def test_batches_are_bounded_by_pages_and_by_packets(self) -> None:
        assert list(packet_making.batches([(1, 8), (2, 500), (3, 8), (4, 8)])) == [[1], [2], [3, 4]]
        assert [len(each) for each in packet_making.batches((at, 1) for at in range(50))] == [20, 20, 10]
        assert list(packet_making.batches([])) == []

    def test_one_that_cannot_be_made_leaves_the_others_made(self, cerplex: Deal) -> None:
        packets = request_packets(cerplex, None)
        Packet.objects.filter(pk=packets[1].pk).update(content_key="0" * 64)
        assert packet_making.make_all([each.pk for each in packets[:3]]) == 2
        states = list(Packet.objects.filter(pk__in=[each.pk for each in packets[:3]]).values_list("state", flat=True))
        assert states == [State.MADE, State.FAILED, State.MADE]
        assert Event.objects.filter(verb="packet-made").count() == 2
        assert packet_making.make_all([each.pk for each in packets[:3]]) == 0

    def test_one_cancelled_meanwhile_is_thrown_away(self, cerplex: Deal, monkeypatch: pytest.MonkeyPatch) -> None:
        packets = request_packets(cerplex, None)[:2]

        def cancelled_while_read(rows: Sequence[Packet]) -> dict[int, list[PrintedPage]]:
            cancel_packet(packets[0], None)
            return pages_of_each(rows)

        monkeypatch.setattr(packet_making, "pages_of_each", cancelled_while_read)
        assert packet_making.make_all([each.pk for each in packets]) == 1
        assert [Packet.objects.get(pk=each.pk).state for each in packets] == [State.CANCELLED, State.MADE]

    def test_how_far_a_large_packet_is_can_be_seen_and_cancelling_stops_it(
        self, cerplex: Deal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(signatures, "PAGES_IN_A_PART", 3)
        (martin,) = request_packets(cerplex, None, "Daniel S. Martin")
        seen: list[int] = []
        part = signatures._make_part

        def watched(spec: PacketSpec, first: int) -> bytes:
            seen.append(Packet.objects.get(pk=martin.pk).pages_made)
            if first == 6:
                cancel_packet(martin, None)
            return part(spec, first)

        monkeypatch.setattr(signatures, "_make_part", watched)
        assert not packet_making.make(martin.pk)
        assert seen == [0, 3, 6]
        martin.refresh_from_db()
        assert (martin.state, martin.pages_made) == (State.CANCELLED, 6)
