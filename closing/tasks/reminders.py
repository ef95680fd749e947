"""The beat of the mail: every minute, what is due is queued and what is queued is sent."""

import logging

from closing.actions import closing_mail, reminders
from closing.celery import app
from closing.models import Deal

log = logging.getLogger(__name__)


@app.task(name="closing.tasks.reminders.send_due_reminders", soft_time_limit=840, time_limit=900)
def send_due_reminders() -> None:
    """Queue and send. One deal that cannot be evaluated does not keep the others from theirs."""
    for deal in Deal.objects.order_by("id"):
        try:
            reminders.queue_due_reminders(deal)
            closing_mail.queue_lapsed(deal)
        except Exception:
            log.exception("The reminders of %s could not be queued.", deal.code)
    try:
        for reminder_id in reminders.waiting():
            reminders.send(reminder_id)
    except reminders.NoMailServer as problem:
        log.warning("%s The reminders wait in the queue.", problem)
