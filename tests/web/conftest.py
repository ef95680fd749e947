"""The Cerplex deal a week before its closing, another deal, and somebody signed in for every role."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime

import pytest
from django.db import transaction
from django.test import Client
from pytest_django import DjangoDbBlocker

from closing.models import Deal
from investors import clock
from tests.web.world import MONDAY, World, make_world


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Made once for a module, in a transaction that is taken back at its end."""
    with ExitStack() as stack:
        stack.enter_context(clock.fixed(MONDAY))
        stack.enter_context(django_db_blocker.unblock())
        stack.enter_context(transaction.atomic())
        made = make_world()
        yield made
        transaction.set_rollback(True)


@pytest.fixture
def room(world: World) -> Iterator[World]:
    """The world, and whatever a test does to it is taken back at its end."""
    with transaction.atomic():
        yield world
        transaction.set_rollback(True)


@pytest.fixture
def client_of(room: World) -> Callable[[str], Client]:
    """A browser without script in which somebody is signed in, by the name of his role."""
    return room.client


@pytest.fixture
def cerplex(room: World) -> Deal:
    """The reference deal with the facts of its opening."""
    return room.deal


@pytest.fixture
def monday() -> datetime:
    """What the clock shows."""
    return MONDAY
