"""A message queue of one's own, so that the run's worker does not help a worker that a test kills."""

import redis
from django.conf import settings

from closing.celery import app


def own_broker(database: int) -> str:
    """The address of another database of the run's broker."""
    return f"{settings.CELERY_BROKER_URL.rpartition('/')[0]}/{database}"


def empty(address: str) -> None:
    """Forget what waits there."""
    client = redis.Redis.from_url(address)
    client.flushdb()
    client.close()


def ring_at(address: str, task: str) -> None:
    """Ring for a task, by its name, at that address."""
    with app.connection_for_write(url=address) as connection:
        app.send_task(task, connection=connection)
