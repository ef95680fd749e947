"""What the web server imports."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "closing.settings")
# One connection for each thread of gunicorn; set CLOSING_DB_POOL to change both.
os.environ.setdefault("CLOSING_DB_POOL", "8")

application = get_wsgi_application()
