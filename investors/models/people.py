"""Who signs in."""

from __future__ import annotations

from typing import Any, ClassVar, TypeAlias

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower


class UserManager(BaseUserManager["User"]):
    """Makes users. E-mail addresses are kept in lower case: nobody signs in by the case of a letter."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A user; without a password nobody can sign in as it. `ValueError` without an e-mail."""
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """An admin of the product (the command `createsuperuser` asks for this one)."""
        return self.create_user(email, password, **{"is_admin": True, "is_staff": True, "is_superuser": True, **fields})

    def get_by_natural_key(self, username: str | None) -> User:
        """Sign-in by e-mail, whatever its case."""
        return self.get(email=(username or "").strip().lower())

    def visible_to(self, user: Viewer) -> models.QuerySet[User]:
        """An admin sees every user, everybody else only himself."""
        if isinstance(user, AnonymousUser):
            return self.none()
        return self.all() if user.is_admin else self.filter(pk=user.pk)


class User(AbstractUser):
    """A person who signs in, by e-mail. `is_admin` is the product's admin: users and cap tables.

    Django's own `is_staff` and `is_superuser` give nothing here.
    """

    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    is_admin = models.BooleanField(default=False)

    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                name="user_email_lower_case",
                condition=Q(email=Lower("email")),
                violation_error_message="Write the e-mail address in lower case.",
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def clean(self) -> None:
        """The e-mail address in the one form that is stored."""
        self.email = self.email.strip().lower()

    def get_full_name(self) -> str:
        """The name as the agreement or the admin gives it."""
        return self.name

    def get_short_name(self) -> str:
        """The name; people here are not called by their first names."""
        return self.name


Viewer: TypeAlias = User | AnonymousUser
"""Whoever a page is shown to."""
