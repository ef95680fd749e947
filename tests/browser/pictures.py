"""Pictures of pages, to look at: wide and narrow, light and dark.

    python -m tests.browser.pictures --address http://127.0.0.1:8000 --email ... --password ... --out FOLDER PATH...

Each PATH becomes four files, named for the path, the width and the scheme.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import browser_executable, browser_flags

WIDTHS = {"wide": 1280, "narrow": 390}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def sign_in(page: Page, address: str, email: str, password: str) -> None:
    """Sign in by the form, and stay on the page that follows."""
    page.goto(f"{address}/sign-in/")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)


def pages_of(browser: Browser, address: str, email: str, password: str) -> Iterator[tuple[str, Page]]:
    """A page signed in for each width and scheme, with its name: `wide-light`."""
    for width, pixels in WIDTHS.items():
        for scheme in SCHEMES:
            context = browser.new_context(viewport={"width": pixels, "height": 900}, color_scheme=scheme)
            page = context.new_page()
            if email:
                sign_in(page, address, email, password)
            yield f"{width}-{scheme}", page
            context.close()


def take(address: str, paths: list[str], out: Path, email: str = "", password: str = "") -> list[Path]:
    """Take the pictures and say where they are."""
    out.mkdir(parents=True, exist_ok=True)
    taken: list[Path] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_executable(), args=browser_flags())
        for name, page in pages_of(browser, address, email, password):
            for path in paths:
                page.goto(f"{address}{path}")
                stem = "".join(c if c.isalnum() else "-" for c in path.strip("/")) or "home"
                file = out / f"{stem}-{name}.png"
                page.screenshot(path=file, full_page=True)
                taken.append(file)
        browser.close()
    return taken


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Pictures of pages, wide and narrow, light and dark.")
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--address", default="http://127.0.0.1:8000")
    parser.add_argument("--email", default="")
    parser.add_argument("--password", default="")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    for file in take(given.address, given.paths, given.out, given.email, given.password):
        print(file)


if __name__ == "__main__":
    main()
