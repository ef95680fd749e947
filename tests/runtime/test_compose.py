"""The form of docker-compose.yml and Dockerfile, for machines without a container engine."""

import re
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from closing.runtime.paths import PROJECT

_TEXT = {"type": "string", "minLength": 1}
_TEXTS = {"type": "array", "items": _TEXT, "minItems": 1}
_DURATION = {"type": "string", "pattern": r"^(\d+(h|m|s|ms))+$"}
_CONDITIONS = ["service_started", "service_healthy", "service_completed_successfully"]

# The part of the compose specification that this file uses; any other key is a mistake.
_SERVICE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["image"],
    "properties": {
        "image": {"type": "string", "pattern": r"^[a-z0-9./-]+(:[A-Za-z0-9._-]+)?$"},
        "build": _TEXT,
        "restart": {"enum": ["no", "always", "on-failure", "unless-stopped"]},
        "environment": {"type": "object", "additionalProperties": {"type": "string"}},
        "command": _TEXTS,
        "entrypoint": _TEXTS,
        "profiles": _TEXTS,
        "stop_grace_period": _DURATION,
        "ports": {
            "type": "array",
            "items": {"type": "string", "pattern": r"^(\$\{\w+:-\d+\}|\d+):\d+$"},
        },
        "volumes": {"type": "array", "items": {"type": "string", "pattern": r"^[a-z]+:/[\w/-]+$"}},
        "depends_on": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "required": ["condition"],
                "properties": {"condition": {"enum": _CONDITIONS}},
            },
        },
        "healthcheck": {
            "type": "object",
            "additionalProperties": False,
            "required": ["test", "interval", "timeout", "retries"],
            "properties": {
                "test": {
                    "type": "array",
                    "minItems": 2,
                    "prefixItems": [{"enum": ["CMD", "CMD-SHELL"]}],
                    "items": _TEXT,
                },
                "interval": _DURATION,
                "timeout": _DURATION,
                "retries": {"type": "integer", "minimum": 1},
            },
        },
    },
}
_FILE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "services", "volumes"],
    "patternProperties": {"^x-": {}},
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$"},
        "services": {"type": "object", "additionalProperties": _SERVICE},
        "volumes": {"type": "object", "additionalProperties": {"type": ["null", "object"]}},
    },
}
ROOM = {"migrate", "web", "worker", "beat"}
RUNS_ON = {"database", "broker", "web", "worker", "beat"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
    return loaded


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose["services"]
    return found


def test_the_file_has_the_form_of_the_compose_specification(compose: dict[str, Any]) -> None:
    problems = [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
        for error in Draft202012Validator(_FILE).iter_errors(compose)
    ]
    assert problems == []


def test_a_misspelt_key_would_be_noticed(compose: dict[str, Any]) -> None:
    wrong = {**compose, "services": {"web": {**compose["services"]["web"], "enviroment": {}}}}
    assert list(Draft202012Validator(_FILE).iter_errors(wrong))


def test_every_part_runs_and_the_store_is_a_profile(services: dict[str, dict[str, Any]]) -> None:
    always = {name for name, service in services.items() if "profiles" not in service}
    assert always == RUNS_ON | {"migrate"}
    assert {tuple(services[name]["profiles"]) for name in set(services) - always} == {("s3",)}
    assert all("healthcheck" in services[name] for name in RUNS_ON)
    assert services["database"]["image"] == "postgres:18"
    assert "scram-sha-256" in services["database"]["environment"]["POSTGRES_INITDB_ARGS"]


def test_whoever_is_waited_for_can_be(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        for other, how in service.get("depends_on", {}).items():
            assert other in services, f"{name} waits for {other}"
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services[other]
            if how["condition"] == "service_completed_successfully":
                assert services[other]["restart"] == "no"


def test_every_volume_is_declared_and_used(compose: dict[str, Any]) -> None:
    mounted = {
        volume.split(":")[0] for service in compose["services"].values() for volume in service.get("volumes", [])
    }
    assert mounted == set(compose["volumes"])


def test_the_room_is_given_only_variables_that_its_settings_read(
    services: dict[str, dict[str, Any]],
) -> None:
    read = "".join((PROJECT / "closing" / name).read_text() for name in ("settings.py", "runtime/paths.py"))
    given = services["web"]["environment"]
    assert all(services[name]["environment"] == given for name in ROOM)
    assert [name for name in given if f'"{name}"' not in read] == []
    assert {"DATABASE_URL", "REDIS_URL", "SECRET_KEY"} <= set(given)


def test_every_variable_of_the_file_is_explained_in_the_operations_guide() -> None:
    text = (PROJECT / "docker-compose.yml").read_text()
    guide = (PROJECT / "docs" / "operations.md").read_text()
    names = set(re.findall(r"(?<!\$)\$\{(\w+)", text))
    assert {name for name in names if f"`{name}`" not in guide} == set()


def test_the_image_copies_what_exists_and_keeps_secrets_out() -> None:
    lines = (PROJECT / "Dockerfile").read_text().splitlines()
    copied = [part for line in lines if line.startswith("COPY") for part in line.split()[1:-1]]
    assert [part for part in copied if not (PROJECT / part).exists()] == []
    ignored = (PROJECT / ".dockerignore").read_text().split()
    assert {".state", ".venv", ".git"} <= set(ignored)
