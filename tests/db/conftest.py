"""The Cerplex deal in the database, and one user for every role on it."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from closing.actions.deals import load_deal, open_accounts
from closing.models import Deal
from closing.rules import terms
from closing.rules.access import Role
from investors import clock
from investors.models import User
from tests.kept_rows import begin_with
from tests.rules.any_facts import CERPLEX
from tests.rules.build import deal, investor

MONDAY = datetime.fromisoformat("1996-06-03T09:00-07:00")


@pytest.fixture
def monday() -> Iterator[datetime]:
    """The clock stands on the Monday before the closing."""
    with clock.fixed(MONDAY):
        yield MONDAY


@pytest.fixture
def cerplex(db: None, monday: datetime) -> Deal:
    """The Cerplex deal, loaded, with accounts for its people."""
    begin_with("cerplex", lambda: open_accounts(load_deal(CERPLEX)))
    return Deal.objects.get(code=CERPLEX.code)


@pytest.fixture
def user_of(cerplex: Deal) -> Callable[[Role], User]:
    """One user for every role: the investor is Malcolm Fairbairn, the signatory Bruce D. Nye."""

    def find(role: Role) -> User:
        if role is Role.ADMIN:
            return User.objects.create_user("admin@closing-room.example", name="Admin", is_admin=True)
        if role is Role.INVESTOR:
            return User.objects.get(name="Malcolm Fairbairn")
        if role is Role.SIGNATORY:
            return User.objects.get(name="Bruce D. Nye")
        return User.objects.get(memberships__role=role.value)

    return find


def terms_of(count: int) -> terms.Deal:
    """A deal of every kind of condition with `count` investors."""
    return deal(*(investor(f"Investor {number}", 10) for number in range(count)))
