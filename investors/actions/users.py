"""Users: made, and tied to the investors whose contacts they are. Who may is asked above this building."""

from django.db import transaction

from investors.models import Contact, User


@transaction.atomic
def open_account(email: str, name: str, *, password: str | None = None, is_admin: bool = False) -> User:
    """The user with this e-mail address, made if there is none, and tied to the contacts of that address.

    An account that exists keeps its name, password and role.
    """
    address = email.strip().lower()
    user = User.objects.filter(email=address).first()
    if user is None:
        user = User.objects.create_user(address, password, name=name, is_admin=is_admin)
    tie_contacts(user)
    return user


def tie_contacts(user: User) -> int:
    """Tie the contacts that have the user's e-mail address and no user yet; how many."""
    return Contact.objects.filter(user__isnull=True, email__iexact=user.email).update(user=user)
