"""What every form of the room does once it is valid: the action, and what is said of it."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest

from closing.actions.base import ActionRefused
from closing.actions.conditions import SentAlready
from closing.web.forms_base import RoomForm


def is_done(request: HttpRequest, form: RoomForm, act: Callable[[], object], told: str) -> bool:
    """Run the action; True where it is done, or the same form did it before. What is refused stands on the form."""
    try:
        act()
    except SentAlready as already:
        messages.info(request, str(already))
    except ActionRefused as refused:
        form.tell(refused)
        return False
    else:
        messages.success(request, told)
    return True
