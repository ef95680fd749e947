"""`gate`, `deal_status` and `seed_demo`: one answer from files and database, and a demo that keeps its data."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from closing.actions.closings import close_deal
from closing.actions.deals import load_deal
from closing.actions.execution import guess_blank_pages
from closing.actions.facts import load_facts
from closing.management.commands.demo import OPENS_AT
from closing.management.demo_people import demo_sign_ins
from closing.models import Deal, DocumentVersion, Event, ExecutionVersion, Packet, Signature, SignaturePage
from closing.queries.gates import gate_of
from closing.rules.deal_file import read_deal
from closing.rules.execution import versions_by_document
from closing.rules.facts_file import read_facts
from investors import clock
from investors.models import User
from tests.db.conftest import MONDAY
from tests.rules.any_facts import CERPLEX, SAMPLES

DEAL = SAMPLES / "cerplex-1996.toml"
FACTS = {name: SAMPLES / f"cerplex-1996.{name}.toml" for name in ("opening", "closing-day")}


def said(capsys: pytest.CaptureFixture[str], *command: object) -> str:
    capsys.readouterr()
    call_command(*map(str, command))
    return capsys.readouterr().out


class TestTheSameAnswer:
    """The gate of a deal's files is the status of the deal."""

    @pytest.mark.parametrize("name", FACTS)
    @pytest.mark.parametrize("on", ["1996-05-31", "1996-06-03T09:00", "1996-06-10T11:00-07:00", "1996-06-11"])
    def test_of_the_files_loaded_and_of_the_files_written_back(
        self, db: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, on: str
    ) -> None:
        deal = load_deal(CERPLEX)
        load_facts(deal, read_facts(FACTS[name].read_text(), CERPLEX, name))
        of_deal = said(capsys, "deal_status", "cerplex-1996", "--on", on, "--format", "json")
        of_files = said(capsys, "gate", DEAL, "--facts", FACTS[name], "--on", on, "--format", "json")
        assert json.loads(of_files) == json.loads(of_deal)
        (tmp_path / "deal.toml").write_text(said(capsys, "export_deal", "cerplex-1996"))
        (tmp_path / "facts.toml").write_text(said(capsys, "export_deal", "cerplex-1996", "--facts"))
        paths = ("gate", tmp_path / "deal.toml", "--facts", tmp_path / "facts.toml", "--on", on, "--format", "json")
        assert json.loads(said(capsys, *paths)) == json.loads(of_deal)

    def test_a_closed_deal_too(self, db: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        with clock.fixed(datetime.fromisoformat("1996-06-10T11:00-07:00")):
            deal = load_deal(CERPLEX)
            load_facts(deal, read_facts(FACTS["closing-day"].read_text(), CERPLEX, "closing-day"))
            close_deal(deal, None, expected=[each.name for each in CERPLEX.investors])
            of_deal = json.loads(said(capsys, "deal_status", "cerplex-1996", "--format", "json"))
            assert of_deal["signatures"] == {"pages": 36, "signed": 36, "in_escrow": 0, "released": 36, "stale": 0}
            (tmp_path / "facts.toml").write_text(said(capsys, "export_deal", "cerplex-1996", "--facts"))
        of_files = said(capsys, "gate", DEAL, "--facts", tmp_path / "facts.toml", "--format", "json")
        assert json.loads(of_files) == of_deal


class TestGate:
    def test_the_form_of_the_answer(self, capsys: pytest.CaptureFixture[str]) -> None:
        found = json.loads(said(capsys, "gate", DEAL, "--facts", FACTS["opening"], "--format", "json"))
        assert list(found) == [
            "deal",
            "closing_at",
            "ready",
            "conditions",
            "investors",
            "blockers",
            "fees",
            "signatures",
        ]
        assert found["closing_at"] == "1996-06-10T11:00:00-07:00"
        assert found["investors"][0]["purchase_price"] == "2269000.00"
        assert found["fees"] == {
            "cap": "25000.00",
            "fees_billed": "23480.00",
            "fees_reimbursable": "23480.00",
            "fees_over_cap": "0.00",
            "expenses_billed": "1212.40",
        }

    def test_left_out_the_moment_is_that_of_the_latest_fact(self, capsys: pytest.CaptureFixture[str]) -> None:
        found = json.loads(said(capsys, "gate", DEAL, "--facts", FACTS["closing-day"], "--format", "json"))
        assert found["ready"] is True
        assert found["blockers"] == []

    def test_a_date_is_the_end_of_that_day_where_the_deal_is(self, capsys: pytest.CaptureFixture[str]) -> None:
        def signed(on: str) -> int:
            answer = said(capsys, "gate", DEAL, "--facts", FACTS["opening"], "--on", on, "--format", "json")
            return int(json.loads(answer)["signatures"]["signed"])

        assert signed("1996-05-28") == signed("1996-05-29T06:59:59Z") == 6
        assert signed("1996-05-28T10:05") == signed("1996-05-28T10:05-07:00") < 6

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            (("shares = 103", "shares = 104"), "[[investors]] row 4 (The & Trust)"),
            (('block = "sprout"', 'block = "sprout-ii"'), "[[signatures]] row 2"),
        ],
    )
    def test_a_wrong_file_is_refused_with_table_and_row(
        self, tmp_path: Path, change: tuple[str, str], why: str
    ) -> None:
        for path in (DEAL, FACTS["opening"]):
            (tmp_path / path.name).write_text(path.read_text().replace(*change))
        with pytest.raises(CommandError) as refused:
            call_command("gate", str(tmp_path / DEAL.name), "--facts", str(tmp_path / FACTS["opening"].name))
        assert why in str(refused.value)
        assert refused.value.returncode == 2

    @pytest.mark.parametrize("content", [None, b"\xff\xfe\x00", b"", b"not toml ["])
    def test_a_file_that_cannot_be_read_is_told_in_words(self, tmp_path: Path, content: bytes | None) -> None:
        path = tmp_path / "deal.toml"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(CommandError, match=r"deal\.toml") as refused:
            call_command("gate", str(path))
        assert refused.value.returncode == 2


class TestSeedDemo:
    @pytest.fixture(autouse=True)
    def _state(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, monday: datetime) -> None:
        monkeypatch.setenv("CLOSING_STATE", str(tmp_path))

    def test_everybody_can_sign_in(self, db: None, client: Any, capsys: pytest.CaptureFixture[str]) -> None:
        said(capsys, "seed_demo")
        sign_ins = demo_sign_ins(Deal.objects.get())
        assert len(sign_ins) == 12
        assert [each.role for each in sign_ins][:2] == ["company counsel", "the investors' counsel"]
        assert sign_ins[-1].role == "admin"
        for each in sign_ins:
            user = User.objects.get(email=each.email)
            assert user.check_password(each.password)
        assert User.objects.get(name="Administrator").is_admin

    def test_twice_is_once_and_keeps_what_was_done(self, db: None, capsys: pytest.CaptureFixture[str]) -> None:
        first = said(capsys, "seed_demo")
        user = User.objects.get(name="Andrea Martin")
        user.set_password("a password of her own")
        user.save()
        events, packets = Event.objects.count(), Packet.objects.count()
        assert said(capsys, "seed_demo") == first
        assert (Event.objects.count(), Packet.objects.count()) == (events, packets)
        user.refresh_from_db()
        assert user.check_password("a password of her own")

    def test_the_closing_day_follows_the_opening(self, db: None, capsys: pytest.CaptureFixture[str]) -> None:
        said(capsys, "seed_demo")
        said(capsys, "seed_demo", "--closing-day")
        with clock.fixed(datetime.fromisoformat("1996-06-10T11:00-07:00")):
            assert json.loads(said(capsys, "deal_status", "cerplex-1996", "--format", "json"))["ready"]

    def test_its_papers_are_signed_after_they_were_frozen(self, db: None, capsys: pytest.CaptureFixture[str]) -> None:
        said(capsys, "seed_demo")
        deal = Deal.objects.get()
        gate = gate_of(deal)
        assert set(versions_by_document(gate.facts)) == {each.key for each in gate.deal.deliverables if each.signed_by}
        assert gate.signatures.stale == 0
        assert gate.signatures.signed == len(gate.facts.signatures) == Signature.objects.count()
        rights = DocumentVersion.objects.filter(deliverable__key="registration-rights-agreement")
        assert [(each.number, each.stage) for each in rights] == [(1, "draft"), (2, "comments"), (3, "comments")]
        for row in ExecutionVersion.objects.all():
            blocks = gate.deal.blocks_for(gate.deal.deliverable_by_key[row.deliverable.key])
            assert len(row.blank_pages) == len(blocks)
            version = DocumentVersion.objects.get(deliverable=row.deliverable, number=row.number)
            assert guess_blank_pages(version) == tuple(row.blank_pages)
            assert not Signature.objects.filter(deliverable=row.deliverable, at__lt=row.at).exists()
            page = SignaturePage.objects.filter(deliverable=row.deliverable).first()
            assert page is not None
            assert page.version == version

    def test_it_keeps_out_of_a_database_with_other_deals(self, db: None) -> None:
        text = DEAL.read_text().replace('code = "cerplex-1996"', 'code = "real-deal"')
        load_deal(read_deal(text, "real.toml"))
        with pytest.raises(CommandError, match="other deals \\(real-deal\\)"):
            call_command("seed_demo")
        assert not User.objects.exists()

    def test_packets_that_nobody_makes_are_an_error_where_they_are_waited_for(self, db: None) -> None:
        with pytest.raises(CommandError, match="had made 0 of 4 packets"):
            call_command("seed_demo", wait=0.2)


def test_monday_is_when_the_demo_opens() -> None:
    assert OPENS_AT == MONDAY
