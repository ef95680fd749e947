"""Users, and what each may do: on which side of which deal, and for which investors."""

from django.db import IntegrityError, transaction

from closing.actions.administration import administering
from closing.actions.base import ActionRefused
from closing.models import Deal, Membership
from closing.rules.access import NAMES, Role, Verb
from investors.models import Contact, Investor, User


def add_user(admin: User | None, *, name: str, email: str) -> User:
    """A user without a password; he sets one by a link. Raises ActionRefused where the address is taken."""
    name, email = " ".join(name.split()), email.strip().lower()
    if not name:
        raise ActionRefused("Write the name: it stands in the record beside everything this person does.")
    with administering(admin, Verb.MANAGE_USERS) as act:
        try:
            with transaction.atomic():
                user = User.objects.create_user(email, name=name)
        except IntegrityError as error:
            raise ActionRefused(f"{email} has an account already. Find it in the list of users.") from error
        act.record("user-added", user, f"{name} <{email}>")
    return user


def note_sign_in_link(admin: User | None, user: User) -> None:
    """Record that a link to set a password was made. Raises ActionRefused for an account that is closed."""
    with administering(admin, Verb.MANAGE_USERS) as act:
        locked = _locked(user)
        if not locked.is_active:
            raise ActionRefused(f"The account of {locked} is closed. Open it again first.")
        act.record("sign-in-link-made", locked, f"A link for {locked} to set a password")


def close_account(admin: User | None, user: User) -> None:
    """The user signs in no more; what he did stays on record. Raises ActionRefused for oneself and the last admin."""
    with administering(admin, Verb.MANAGE_USERS) as act:
        locked = _locked(user)
        if not locked.is_active:
            return
        _check_not_oneself(admin, locked, "close your own account")
        _check_not_last_admin(locked)
        locked.is_active = False
        locked.save(update_fields=["is_active"])
        act.record("account-closed", locked, f"{locked} signs in no more")


def open_account(admin: User | None, user: User) -> None:
    """Undo `close_account`; the old password holds."""
    with administering(admin, Verb.MANAGE_USERS) as act:
        locked = _locked(user)
        if locked.is_active:
            return
        locked.is_active = True
        locked.save(update_fields=["is_active"])
        act.record("account-opened", locked, f"{locked} may sign in again")


def make_admin(admin: User | None, user: User) -> None:
    """The user manages users and cap tables from now on. Raises ActionRefused for a closed account."""
    with administering(admin, Verb.MANAGE_USERS) as act:
        locked = _locked(user)
        if locked.is_admin:
            return
        if not locked.is_active:
            raise ActionRefused(f"The account of {locked} is closed. Open it again first.")
        locked.is_admin = True
        locked.save(update_fields=["is_admin"])
        act.record("admin-made", locked, f"{locked} is admin")


def take_admin(admin: User | None, user: User) -> None:
    """The user is admin no more. Raises ActionRefused for oneself and for the last admin."""
    with administering(admin, Verb.MANAGE_USERS) as act:
        locked = _locked(user)
        if not locked.is_admin:
            return
        _check_not_oneself(admin, locked, "take your own admin’s role away")
        _check_not_last_admin(locked)
        locked.is_admin = False
        locked.save(update_fields=["is_admin"])
        act.record("admin-taken", locked, f"{locked} is admin no more")


def seat_counsel(admin: User | None, user: User, deal: Deal, role: Role) -> None:
    """Make the user counsel of one side of a deal.

    Raises ActionRefused where he sits on the other side, or is an investor's contact there.
    """
    with administering(admin, Verb.MANAGE_USERS) as act:
        locked = _locked(user)
        seat = Membership.objects.filter(user=locked, deal=deal).first()
        if seat is not None and seat.role == role:
            return
        if seat is not None:
            raise ActionRefused(
                f"{locked} is {NAMES[Role(seat.role)]} on {deal}. Nobody sits on both sides: take that away first."
            )
        contact = Contact.objects.filter(user=locked, investor__allotments__deal=deal).select_related("investor")
        if first := contact.first():
            raise ActionRefused(f"{locked} acts for {first.investor} on {deal}, and cannot be counsel there too.")
        Membership.objects.create(user=locked, deal=deal, role=role.value)
        act.record("counsel-seated", locked, f"{locked}, {NAMES[role]} on {deal}", data={"deal": deal.code})


def unseat_counsel(admin: User | None, user: User, deal: Deal) -> None:
    """The user is counsel of the deal no more."""
    with administering(admin, Verb.MANAGE_USERS) as act:
        locked = _locked(user)
        if Membership.objects.filter(user=locked, deal=deal).delete()[0]:
            act.record("counsel-unseated", locked, f"{locked} has no seat on {deal} any more", data={"deal": deal.code})


def link_contact(admin: User | None, user: User, investor: Investor) -> None:
    """The user acts for an investor and sees its rows. Raises ActionRefused for counsel of one of its deals."""
    with administering(admin, Verb.MANAGE_USERS) as act:
        locked = _locked(user)
        if Contact.objects.filter(user=locked, investor=investor).exists():
            return
        seat = Membership.objects.filter(user=locked, deal__allotments__investor=investor).select_related("deal")
        if first := seat.first():
            raise ActionRefused(
                f"{locked} is {NAMES[Role(first.role)]} on {first.deal}, and cannot act for an investor there too."
            )
        contact, _ = Contact.objects.get_or_create(investor=investor, name=locked.name, email=locked.email)
        contact.user = locked
        contact.save(update_fields=["user"])
        act.record("contact-linked", locked, f"{locked} acts for {investor}", data={"investor": investor.pk})


def unlink_contact(admin: User | None, user: User, investor: Investor) -> None:
    """The user acts for the investor no more. The contact's name and address stay."""
    with administering(admin, Verb.MANAGE_USERS) as act:
        locked = _locked(user)
        if Contact.objects.filter(user=locked, investor=investor).update(user=None):
            summary = f"{locked} acts for {investor} no more"
            act.record("contact-unlinked", locked, summary, data={"investor": investor.pk})


def _locked(user: User) -> User:
    """The user's row as it is now. Every admin's row is locked with it, always in one order: two admins who act on
    each other at one moment follow each other, and the second finds what the first left."""
    admins = User.objects.filter(is_admin=True).values("pk")
    rows = User.objects.select_for_update().filter(pk__in=[*admins.values_list("pk", flat=True), user.pk])
    return next(row for row in rows.order_by("pk") if row.pk == user.pk)


def _check_not_oneself(admin: User | None, user: User, what: str) -> None:
    if admin is not None and admin.pk == user.pk:
        raise ActionRefused(f"You cannot {what}. Ask another admin to do it.")


def _check_not_last_admin(user: User) -> None:
    others = User.objects.filter(is_admin=True, is_active=True).exclude(pk=user.pk)
    if user.is_admin and not others.exists():
        raise ActionRefused(f"{user} is the last admin. Make somebody else an admin first.")
