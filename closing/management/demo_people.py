"""Who signs in to the demo, and with what password.

One random password for all demo accounts, made on the first start and kept in the state folder: a fixed one in the
sources would open every demo that listens on more than this machine.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path

from django.contrib.auth.hashers import make_password

from closing.actions.deals import open_accounts
from closing.models import Deal, Membership, SignatureBlock
from closing.rules.access import NAMES, Role
from closing.runtime import paths
from closing.runtime.secret_files import write_private
from investors.actions.users import open_account
from investors.models import Contact, User

ADMIN_EMAIL = "admin@closing-room.example"
ADMIN_NAME = "Administrator"


@dataclass(frozen=True, slots=True)
class SignIn:
    """One account of the demo. `role` says what it may do, and for whom."""

    role: str
    name: str
    email: str
    password: str


def open_demo_accounts(deal: Deal) -> None:
    """An account for each lawyer, each investor's contact and the admin. Twice is the same as once.

    Accounts that have a password keep it, unless the demo's own password had to be made anew.
    """
    password, is_new = _password()
    users = open_accounts(deal)
    users.append(open_account(ADMIN_EMAIL, ADMIN_NAME, is_admin=True))
    without = [user for user in users if is_new or not user.has_usable_password()]
    if without:
        hashed = make_password(password)  # one for all: each costs a good part of a second
        User.objects.filter(pk__in=[user.pk for user in without]).update(password=hashed)


def demo_sign_ins(deal: Deal) -> list[SignIn]:
    """The accounts of the demo: counsel first, then investors in Schedule A's order, who only signs, the admin."""
    password, _ = _password()
    found: dict[str, SignIn] = {}
    for seat in Membership.objects.filter(deal=deal).select_related("user").order_by("role", "id"):
        found[seat.user.email] = SignIn(NAMES[Role(seat.role)], seat.user.name, seat.user.email, password)
    own = Contact.objects.filter(user__isnull=False, investor__allotments__deal=deal)
    investors: dict[str, list[str]] = {}
    for contact in own.select_related("user", "investor").order_by("investor__allotments__position", "id"):
        assert contact.user is not None
        investors.setdefault(contact.user.email, []).append(contact.investor.name)
        found.setdefault(contact.user.email, SignIn("", contact.user.name, contact.user.email, password))
    for email, names in investors.items():
        role = f"investor: {names[0]}" + (f" and {len(names) - 1} more" if len(names) > 1 else "")
        found[email] = SignIn(role, found[email].name, email, password)
    for block in SignatureBlock.objects.filter(deal=deal).exclude(person_email__in=found).order_by("position"):
        found.setdefault(
            block.person_email, SignIn(f"signs for {block.party}", block.person, block.person_email, password)
        )
    return [*found.values(), SignIn("admin", ADMIN_NAME, ADMIN_EMAIL, password)]


def _password() -> tuple[str, bool]:
    """The demo's password, and whether it was made just now."""
    kept = _password_file()
    try:
        return kept.read_text(encoding="ascii").strip(), False
    except FileNotFoundError:
        made = secrets.token_urlsafe(9)
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_private(kept, made)
        return made, True


def _password_file() -> Path:
    return paths.state_folder() / "demo-password"
