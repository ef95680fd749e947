"""Who is reminded of what, and when."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st

from closing.rules.facts import Approval, Facts, Proposal
from closing.rules.facts_file import read_facts
from closing.rules.gate import Gate, evaluate
from closing.rules.reminders import LATEST, Notice, due, notices, schedule
from tests.rules.any_facts import CERPLEX, SAMPLES

ZONE = "America/Los_Angeles"
MONDAY = datetime.fromisoformat("1996-06-03T09:00-07:00")
CLOSING = CERPLEX.closing.at


def opening() -> Facts:
    path = SAMPLES / "cerplex-1996.opening.toml"
    return read_facts(path.read_text(), CERPLEX, path.name)


def gate(at: datetime = MONDAY, facts: Facts | None = None) -> Gate:
    return evaluate(CERPLEX, facts or opening(), at)


def notice_of(name: str) -> Notice:
    return next(each for each in notices(gate()) if each.person.name == name)


def test_a_week_three_days_a_day_and_the_morning_itself() -> None:
    days = [f"{each.at:%B %d %H:%M %z}" for each in schedule(CLOSING, ZONE)]
    assert days == ["June 03 09:00 -0700", "June 07 09:00 -0700", "June 09 09:00 -0700", "June 10 09:00 -0700"]


def test_nine_is_nine_on_both_sides_of_the_clock_change() -> None:
    november = datetime(1996, 10, 30, 11, 0, tzinfo=ZoneInfo(ZONE))
    assert {f"{each.at:%H:%M}" for each in schedule(november, ZONE)} == {"09:00"}
    assert len({each.at.utcoffset() for each in schedule(november, ZONE)}) == 2


def test_an_early_closing_has_no_reminder_after_it() -> None:
    early = datetime(1996, 6, 10, 8, 0, tzinfo=ZoneInfo(ZONE))
    assert [each.days_before for each in schedule(early, ZONE)] == [7, 3, 1]


@given(st.timedeltas(timedelta(days=-2), timedelta(days=40)))
def test_what_is_due_was_reached_less_than_a_day_ago(before: timedelta) -> None:
    moment = CLOSING - before
    found = due(schedule(CLOSING, ZONE), moment, CLOSING)
    if found is not None:
        assert found.at <= moment < CLOSING
        assert moment - found.at < LATEST
        assert not any(found.at < each.at <= moment for each in schedule(CLOSING, ZONE))
    elif moment < CLOSING:
        assert not any(each.at <= moment < each.at + LATEST for each in schedule(CLOSING, ZONE))


@given(st.timedeltas(timedelta(days=1), timedelta(days=60)))
def test_the_schedule_moves_with_the_closing_and_its_keys_too(later: timedelta) -> None:
    before = {each.key: each.at for each in schedule(CLOSING, ZONE)}
    for each in schedule(CLOSING + later, ZONE):
        assert before.get(each.key, each.at) == each.at
        assert each.at < CLOSING + later


def test_a_moved_closing_moves_the_reminders_of_the_gate() -> None:
    facts = opening()
    moved = replace(
        facts,
        proposals=(
            Proposal(
                at=MONDAY,
                key="later",
                matter="move-closing",
                to=CLOSING + timedelta(days=7),
                issuer_agreed_at=MONDAY,
            ),
        ),
        approvals=tuple(
            Approval(at=MONDAY, proposal="later", investor=name)
            for name in ("Sprout Growth II, L.P.", "Scorpion Offshore Investment Fund", "Whitman Partners, L.P.")
        ),
    )
    assert gate(facts=moved).closing.at == CLOSING + timedelta(days=7)


def test_one_contact_of_six_investors_gets_one_notice_with_all_six() -> None:
    notice = notice_of("Daniel S. Martin")
    assert {name for debt in notice.debts for name in debt.owed_by} == {
        "Scorpion Offshore Investment Fund",
        "The & Trust",
        "Chestnut Pacific Ltd. Partners",
        "Standard Global Equity Partners L.P.",
        "Standard Pacific Capital Offshore Fund Ltd.",
        "Common Fund Equity Fund",
    }
    assert [debt.section for debt in notice.debts] == ["2(a)(vii)", "2(a)(viii)", "2(b)(i)"]
    assert len(notice.debts[-1].for_whom) == 6
    assert [each.person.email for each in notices(gate())].count(notice.person.email) == 1


def test_both_joint_owners_are_told() -> None:
    assert notice_of("Malcolm Fairbairn").debts == notice_of("Emily Fairbairn").debts
    assert any("$40,000.00 missing" in debt.reason for debt in notice_of("Emily Fairbairn").debts)


def test_an_investor_is_told_nothing_of_another() -> None:
    others = [each.name for each in CERPLEX.investors]
    for investor in CERPLEX.investors:
        for name in investor.contacts:
            own = {each.name for each in CERPLEX.investors if name in each.contacts}
            found = [each for each in notices(gate()) if each.person.name == name]
            words = " ".join(f"{debt.reason} {debt.owed_by} {debt.for_whom}" for each in found for debt in each.debts)
            assert not [other for other in others if other not in own and other in words]
            assert "of 15 investors" not in words


def test_nobody_is_reminded_when_nothing_is_open() -> None:
    path = SAMPLES / "cerplex-1996.closing-day.toml"
    done = read_facts(path.read_text(), CERPLEX, path.name)
    assert notices(evaluate(CERPLEX, done, CLOSING)) == ()


def test_what_must_wait_is_told_apart() -> None:
    notice = notice_of("Bruce D. Nye")
    assert [debt.section for debt in notice.owes_later] == ["2(a)(iv)"]
    assert "2(a)(iv)" not in {debt.section for debt in notice.owes_now}
