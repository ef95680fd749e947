FROM python:3.13-slim

RUN useradd --create-home --home-dir /var/lib/closing-room --uid 10001 closing \
    && mkdir -p /srv/closing-room /srv/static && chown closing /srv/static
WORKDIR /srv/closing-room

COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.lock

COPY manage.py pyproject.toml ./
COPY closing closing
COPY investors investors
COPY static static
COPY templates templates

USER closing
ENV CLOSING_NO_BOOTSTRAP=1 \
    CLOSING_STATIC_ROOT=/srv/static \
    CLOSING_STATE=/var/lib/closing-room \
    PYTHONUNBUFFERED=1
RUN SECRET_KEY=only-to-collect-static python manage.py collectstatic --no-input
VOLUME /var/lib/closing-room
EXPOSE 8000
CMD ["gunicorn", "closing.wsgi:application", "--bind=0.0.0.0:8000", "--worker-class=gthread", "--workers=2", "--threads=8", "--no-control-socket", "--access-logfile=-"]
