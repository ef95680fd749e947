"""Documents in an S3-compatible store, by the variables that operations set."""

import json
import subprocess
import sys
from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

from closing.runtime.paths import PROJECT
from closing.runtime.ports import free_port
from tests.runtime.project import clean_environment

KEEP_TWICE = """
import json
import django
django.setup()
from django.core.files.storage import default_storage
from closing.actions.stored_files import store
first, second = store(b"a page", "documents"), store(b"a page", "documents")
try:
    default_storage.size("documents/none")
except FileNotFoundError:
    missing = True
with default_storage.open(first.name) as kept:
    print(json.dumps([first == second, first.name, first.size, kept.read().decode(), missing]))
"""


@pytest.fixture
def endpoint() -> Iterator[str]:
    """An S3-compatible server with an empty bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=free_port(), verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.mark.slow
def test_documents_are_kept_once_in_the_bucket_that_the_environment_names(endpoint: str) -> None:
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=endpoint, **keys)
    client.create_bucket(Bucket="closing")
    done = subprocess.run(
        [sys.executable, "-c", KEEP_TWICE],
        cwd=PROJECT,
        env=clean_environment(
            DJANGO_SETTINGS_MODULE="closing.settings",
            CLOSING_S3_BUCKET="closing",
            CLOSING_S3_ENDPOINT=endpoint,
            CLOSING_S3_REGION="us-east-1",
            CLOSING_S3_ACCESS_KEY="key",
            CLOSING_S3_SECRET_KEY="secret",
            SECRET_KEY="only-for-this-test",
        ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    same, name, size, content, missing = json.loads(done.stdout)
    assert (same, size, content, missing) == (True, 6, "a page", True)
    listed = client.list_objects_v2(Bucket="closing")["Contents"]
    assert [each["Key"] for each in listed] == [name]
    client.close()
