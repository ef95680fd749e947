"""What browser journeys share: a room behind a live server, signing in, and the look for barriers."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from investors import clock
from investors.models import User
from tests.browser.pictures import sign_in
from tests.web.world import MONDAY, World, make_world

PASSWORD = "a good long password"


@pytest.fixture
def room(transactional_db: None) -> Iterator[World]:
    """The Cerplex deal a week before its closing, committed, so that the live server sees it."""
    with clock.fixed(MONDAY):
        world = make_world()
        for user in User.objects.all():
            user.set_password(PASSWORD)
            user.save(update_fields=["password"])
        yield world


def enter(page: Page, server: LiveServer, room: World, role: str) -> str:
    """Sign in as a role; the address of the server."""
    address = str(server.url)
    sign_in(page, address, room.people[role].email, PASSWORD)
    return address


def barriers(page: Page) -> list[str]:
    """What axe-core finds on the page: each rule with the elements that break it."""
    page.wait_for_load_state()
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {', '.join(str(node['target']) for node in each['nodes'])}" for each in found]
