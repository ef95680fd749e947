"""Links by which a user sets a password: they count once, until he signs in, and for PASSWORD_RESET_TIMEOUT."""

from datetime import UTC, date, datetime

from django.contrib.auth.tokens import PasswordResetTokenGenerator

from investors.clock import now


class SignInLinks(PasswordResetTokenGenerator):
    """Django's tokens on the room's own clock, which may show a year before the one from which Django counts."""

    key_salt = "closing.web.sign_in_links"

    def _now(self) -> datetime:
        return now().astimezone(UTC).replace(tzinfo=None)

    def _num_seconds(self, dt: date) -> int:
        assert isinstance(dt, datetime)
        return int((dt - datetime(1970, 1, 1)).total_seconds())  # noqa: DTZ001


links = SignInLinks()
