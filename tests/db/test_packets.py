"""Asking for packets: idempotent, only what is unsigned, one for each person; leases and their ends."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from closing.actions import packet_making
from closing.actions.base import ActionRefused, NotAllowed
from closing.actions.deals import load_deal
from closing.actions.facts import record_fact, withdraw_fact
from closing.actions.leases import MOST_ATTEMPTS
from closing.actions.packets import cancel_packet, request_packets, retry_packet
from closing.actions.stored_files import StoredFile, name_of, store
from closing.models import Deal, Event, Packet, SignaturePage
from closing.queries.packets import packet_list
from closing.rules import facts
from closing.rules.access import Role
from investors import clock
from investors.models import User
from tests.db.conftest import MONDAY
from tests.rules.any_facts import CERPLEX

State = Packet.State


def packet_of(packets: list[Packet], person: str) -> Packet:
    return next(each for each in packets if each.person == person)


def sign(deal: Deal, document: str, block: str) -> object:
    return record_fact(deal, facts.Signature(at=MONDAY, document=document, block=block), None)


def finished(packet: Packet, token: UUID, kept: StoredFile) -> bool:
    return packet_making.QUEUE._end(
        packet, token, state=State.MADE, sha256=kept.sha256, size=kept.size, made_at=clock.now()
    )


def claimed(packet: Packet) -> Packet:
    assert packet_making.QUEUE.claim(packet.pk) is not None
    return Packet.objects.get(pk=packet.pk)


class TestAsking:
    def test_every_person_gets_one_packet_with_all_it_signs(self, cerplex: Deal) -> None:
        packets = request_packets(cerplex, None)
        assert len(packets) == len({block.person for block in CERPLEX.block_by_key.values()})
        assert sum(packet.pages_total for packet in packets) == SignaturePage.objects.count() == 36
        assert packet_of(packets, "Daniel S. Martin").pages_total == 12
        assert packet_of(packets, "Bruce D. Nye").pages_total == 4

    def test_twice_is_the_same_packets(self, cerplex: Deal) -> None:
        first = request_packets(cerplex, None)
        again = request_packets(cerplex, None)
        assert [each.pk for each in first] == [each.pk for each in again]
        assert Event.objects.filter(verb="packet-requested").count() == len(first)

    def test_a_signature_that_came_in_makes_a_new_packet_for_its_person_alone(self, cerplex: Deal) -> None:
        before = {each.person: each for each in request_packets(cerplex, None)}
        sign(cerplex, "stock-purchase-agreement", "the-and-trust")
        after = {each.person: each for each in request_packets(cerplex, None)}
        changed = {name for name in after if after[name].pk != before[name].pk}
        assert changed == {"Daniel S. Martin"}
        assert after["Daniel S. Martin"].pages_total == 11
        assert Packet.objects.get(pk=before["Daniel S. Martin"].pk).state == State.CANCELLED

    def test_pages_keep_their_codes(self, cerplex: Deal) -> None:
        request_packets(cerplex, None)
        before = dict(SignaturePage.objects.values_list("id", "token"))
        row = sign(cerplex, "stock-purchase-agreement", "sprout")
        request_packets(cerplex, None)
        withdraw_fact(row, "The page was torn.", None)  # type: ignore[arg-type]
        request_packets(cerplex, None)
        assert dict(SignaturePage.objects.values_list("id", "token")) == before

    def test_the_last_page_signed_leaves_no_packet(self, cerplex: Deal) -> None:
        for document in ("stock-purchase-agreement", "registration-rights-agreement"):
            sign(cerplex, document, "andrea-martin")
        assert "Andrea Martin" not in {each.person for each in request_packets(cerplex, None)}
        with pytest.raises(ActionRefused, match="no page left to sign"):
            request_packets(cerplex, None, "Andrea Martin")

    def test_an_investor_asks_for_its_own_only(self, cerplex: Deal, user_of: Callable[[Role], User]) -> None:
        malcolm = user_of(Role.INVESTOR)
        assert [each.person for each in request_packets(cerplex, malcolm, "Malcolm Fairbairn")] == ["Malcolm Fairbairn"]
        with pytest.raises(NotAllowed):
            request_packets(cerplex, malcolm, "Andrea Martin")
        with pytest.raises(ActionRefused, match="your own"):
            request_packets(cerplex, malcolm)
        with pytest.raises(NotAllowed):
            request_packets(cerplex, user_of(Role.ADMIN))

    def test_an_investor_sees_its_own_only(self, cerplex: Deal, user_of: Callable[[Role], User]) -> None:
        request_packets(cerplex, None)
        seen = packet_list(cerplex, user_of(Role.INVESTOR), MONDAY)
        assert {each.person for each in seen.rows} == {"Malcolm Fairbairn", "Emily Fairbairn"}
        assert len(packet_list(cerplex, user_of(Role.COMPANY_COUNSEL), MONDAY).rows) == 9

    def test_a_packet_with_a_page_signed_since_is_not_current(
        self, cerplex: Deal, user_of: Callable[[Role], User]
    ) -> None:
        request_packets(cerplex, None)
        sign(cerplex, "stock-purchase-agreement", "sprout")
        rows = packet_list(cerplex, user_of(Role.COMPANY_COUNSEL), MONDAY).rows
        assert {each.person for each in rows if not each.is_current} == {"Robert Finzi"}

    def test_the_page_asks_the_same_number_of_queries_for_one_packet_and_for_all(
        self, cerplex: Deal, user_of: Callable[[Role], User], django_assert_num_queries: Callable[..., object]
    ) -> None:
        counsel = user_of(Role.COMPANY_COUNSEL)
        request_packets(cerplex, None, "Andrea Martin")
        with django_assert_num_queries(4):  # type: ignore[attr-defined]
            packet_list(cerplex, counsel, MONDAY)
        request_packets(cerplex, None)
        with django_assert_num_queries(4):  # type: ignore[attr-defined]
            packet_list(cerplex, counsel, MONDAY)


class TestLeases:
    @pytest.fixture
    def packet(self, cerplex: Deal) -> Packet:
        return request_packets(cerplex, None, "Andrea Martin")[0]

    def test_one_worker_at_a_time(self, packet: Packet) -> None:
        assert packet_making.QUEUE.claim(packet.pk) is not None
        assert packet_making.QUEUE.claim(packet.pk) is None
        assert packet_making.QUEUE.waiting() == []

    def test_a_lease_that_ran_out_is_taken_over(self, packet: Packet) -> None:
        first = packet_making.QUEUE.claim(packet.pk)
        with clock.fixed(MONDAY + packet_making.QUEUE.lease):
            assert packet_making.QUEUE.waiting() == [packet.pk]
            second = packet_making.QUEUE.claim(packet.pk)
        assert second is not None
        assert second != first

    def test_a_lease_of_before_the_clock_was_set_back_counts_no_more(self, packet: Packet) -> None:
        packet_making.QUEUE.claim(packet.pk)
        with clock.fixed(MONDAY - timedelta(days=1)):
            assert packet_making.QUEUE.waiting() == [packet.pk]

    def test_whoever_lost_its_lease_finishes_nothing(self, packet: Packet) -> None:
        lost = packet_making.QUEUE.claim(packet.pk)
        assert lost is not None
        with clock.fixed(MONDAY + packet_making.QUEUE.lease):
            assert packet_making.QUEUE.claim(packet.pk) is not None
        kept = store(b"%PDF-", "packets", ".pdf")
        assert not finished(packet, lost, kept)
        assert Packet.objects.get(pk=packet.pk).state == State.MAKING

    def test_it_is_given_up_after_so_many_attempts_and_says_why(self, packet: Packet) -> None:
        for attempt in range(MOST_ATTEMPTS):
            with clock.fixed(MONDAY + attempt * packet_making.QUEUE.lease):
                assert packet_making.QUEUE.waiting() == [packet.pk]
                assert packet_making.QUEUE.claim(packet.pk) is not None
        with clock.fixed(MONDAY + MOST_ATTEMPTS * packet_making.QUEUE.lease):
            assert packet_making.QUEUE.waiting() == []
            assert packet_making.QUEUE.claim(packet.pk) is None
        packet.refresh_from_db()
        assert packet.state == State.FAILED
        assert packet.error.startswith("Given up after 5 attempts")

    def test_blocks_that_changed_meanwhile_are_told(self, packet: Packet) -> None:
        investors = tuple(
            replace(each, blocks=tuple(replace(block, party="A. Martin") for block in each.blocks))
            if each.name == "Andrea Martin"
            else each
            for each in CERPLEX.investors
        )
        load_deal(replace(CERPLEX, investors=investors))
        assert not packet_making.make(packet.pk)
        packet.refresh_from_db()
        assert packet.state == State.FAILED
        assert "Ask for the packets again" in packet.error


class TestCancelling:
    @pytest.fixture
    def packet(self, cerplex: Deal) -> Packet:
        return request_packets(cerplex, None, "Andrea Martin")[0]

    def test_a_cancelled_packet_is_not_made(self, packet: Packet) -> None:
        cancel_packet(packet, None)
        assert packet_making.QUEUE.waiting() == []
        assert packet_making.QUEUE.claim(packet.pk) is None

    def test_a_worker_at_it_throws_its_work_away(self, packet: Packet) -> None:
        token = packet_making.QUEUE.claim(packet.pk)
        assert token is not None
        cancel_packet(packet, None)
        assert not finished(packet, token, store(b"%PDF-", "packets", ".pdf"))
        assert Packet.objects.get(pk=packet.pk).state == State.CANCELLED

    def test_it_can_be_asked_for_again(self, packet: Packet) -> None:
        cancel_packet(packet, None)
        again = retry_packet(packet, None)
        assert (again.pk, again.state, again.attempts) == (packet.pk, State.QUEUED, 0)

    def test_and_is_the_other_one_where_the_same_was_asked_for_meanwhile(self, cerplex: Deal, packet: Packet) -> None:
        cancel_packet(packet, None)
        other = request_packets(cerplex, None, "Andrea Martin")[0]
        assert other.pk != packet.pk
        assert retry_packet(packet, None).pk == other.pk

    def test_what_is_over_is_not_cancelled(self, packet: Packet) -> None:
        cancel_packet(packet, None)
        with pytest.raises(ActionRefused, match="cancelled already"):
            cancel_packet(packet, None)

    def test_what_is_under_way_is_not_queued_again(self, packet: Packet) -> None:
        with pytest.raises(ActionRefused):
            retry_packet(packet, None)
        with pytest.raises(ActionRefused, match="being made"):
            retry_packet(claimed(packet), None)

    def test_an_investor_cancels_nothing(self, packet: Packet, user_of: Callable[[Role], User]) -> None:
        with pytest.raises(NotAllowed):
            cancel_packet(packet, user_of(Role.INVESTOR))


class TestStoring:
    def test_twice_is_one_file(self) -> None:
        first, again = store(b"one", "kept-once", ".pdf"), store(b"one", "kept-once", ".pdf")
        assert first == again
        folder = first.name.rsplit("/", 1)[0]
        assert default_storage.listdir(folder)[1] == [first.name.rsplit("/", 1)[1]]

    def test_a_file_cut_short_is_replaced(self) -> None:
        digest = hashlib.sha256(b"the whole of it").hexdigest()
        name = name_of("packets", digest, ".pdf")
        default_storage.delete(name)
        default_storage.save(name, ContentFile(b"the wh"))
        kept = store(b"the whole of it", "packets", ".pdf")
        assert kept.name == name
        with default_storage.open(name) as file:
            assert file.read() == b"the whole of it"
