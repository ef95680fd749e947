"""The key that seals: made once whoever comes first, one's own by the settings, and of the machine's time."""

import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from closing.actions.sealing import CERTIFICATE, KEPT, known_certificate, seal_bytes, seal_file, seal_list, sealing_key
from closing.pdf.sealing_keys import SealingKey, load_key, make_key
from closing.pdf.seals import NoTimeStamp
from closing.pdf.verification import SealFinding, verify_data, verify_seals
from closing.runtime.paths import PROJECT
from investors import clock
from tests.pdf.sealing import paper

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, settings: Any) -> Path:
    settings.STATE_DIR = tmp_path / "state"
    settings.SEAL_KEY_FILE = settings.SEAL_CERTIFICATE_FILE = settings.SEAL_TIMESTAMP_URL = ""
    settings.SEAL_KEY_PASSWORD = None
    return Path(settings.STATE_DIR)


def own_files(place: Path, settings: Any) -> SealingKey:
    key, certificate = make_key("A firm", not_before=LONG_AGO, years=60)
    (place / "key.pem").write_bytes(key)
    (place / "certificate.pem").write_bytes(certificate)
    settings.SEAL_KEY_FILE = str(place / "key.pem")
    settings.SEAL_CERTIFICATE_FILE = str(place / "certificate.pem")
    return load_key(key, certificate, at=LONG_AGO)


def only_seal(path: Path) -> SealFinding:
    (found,) = verify_seals(path, [known_certificate() or b""])
    return found


def test_the_first_need_makes_a_key_that_only_its_owner_reads(state: Path) -> None:
    assert known_certificate() is None
    key = sealing_key()
    assert stat.S_IMODE((state / KEPT).stat().st_mode) == 0o600
    assert known_certificate() == key.certificate_pem
    assert b"PRIVATE" not in (state / CERTIFICATE).read_bytes()
    assert sorted(path.name for path in state.iterdir()) == sorted([KEPT, CERTIFICATE])
    assert sealing_key() is key


def test_a_lost_certificate_is_written_again(state: Path) -> None:
    key = sealing_key()
    (state / CERTIFICATE).unlink()
    again = subprocess.run(
        [sys.executable, "-c", ASKS], env=environment(state), cwd=PROJECT, stdout=subprocess.PIPE, text=True, check=True
    )
    assert again.stdout.strip() == key.fingerprint
    assert known_certificate() == key.certificate_pem


ASKS = """
import django
django.setup()
from closing.actions.sealing import sealing_key
print(sealing_key().fingerprint)
"""


def environment(state: Path) -> dict[str, str]:
    return {
        **os.environ,
        "CLOSING_STATE": str(state),
        "DJANGO_SETTINGS_MODULE": "closing.settings",
        "PYTHONPATH": str(PROJECT),
    }


def test_processes_at_once_get_the_same_key(state: Path) -> None:
    state.mkdir()
    asking = [
        subprocess.Popen([sys.executable, "-c", ASKS], env=environment(state), cwd=PROJECT, stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    answers = {process.communicate()[0] for process in asking}
    assert [process.returncode for process in asking] == [0] * 4
    assert len(answers) == 1
    assert sorted(path.name for path in state.iterdir()) == sorted([KEPT, CERTIFICATE, "secret-key"])


def test_ones_own_key_comes_from_the_settings(tmp_path: Path, settings: Any, state: Path) -> None:
    own = own_files(tmp_path, settings)
    assert sealing_key().fingerprint == own.fingerprint
    (tmp_path / "sealed.pdf").write_bytes(seal_bytes(paper(), "Executed version"))
    found = only_seal(tmp_path / "sealed.pdf")
    assert (found.signer, found.is_own, found.reason) == ("A firm", True, "Executed version")
    assert not state.exists()


def test_settings_that_name_no_usable_key_say_so(tmp_path: Path, settings: Any) -> None:
    own_files(tmp_path, settings)
    settings.SEAL_CERTIFICATE_FILE = ""
    with pytest.raises(ImproperlyConfigured, match="together"):
        sealing_key()
    settings.SEAL_CERTIFICATE_FILE = str(tmp_path / "none.pem")
    with pytest.raises(ImproperlyConfigured, match=r"none\.pem.*cannot be read"):
        sealing_key()
    (tmp_path / "other.pem").write_bytes(make_key("Another", not_before=LONG_AGO)[1])
    settings.SEAL_CERTIFICATE_FILE = str(tmp_path / "other.pem")
    with pytest.raises(ImproperlyConfigured, match="does not belong"):
        sealing_key()


def test_the_seal_states_the_time_of_the_machine_and_not_the_deals(tmp_path: Path) -> None:
    """A validator's machine knows nothing of a simulated 1996."""
    before = datetime.now(UTC)
    with clock.fixed(datetime(1996, 6, 10, 9, tzinfo=UTC)):
        (tmp_path / "paper.pdf").write_bytes(paper())
        sealed = seal_file(tmp_path / "paper.pdf", tmp_path / "sealed.pdf", "Closing book")
    found = only_seal(sealed)
    assert found.holds
    assert found.at is not None
    assert before - timedelta(seconds=1) <= found.at <= datetime.now(UTC)


def test_the_list_of_a_folder_is_sealed_with_the_same_key() -> None:
    signature = seal_list(b"the list")
    found = verify_data(b"the list", signature, [known_certificate() or b""])
    assert (found.holds, found.is_own) == (True, True)


def test_a_time_stamp_that_is_asked_for_and_not_given_leaves_no_seal(settings: Any) -> None:
    settings.SEAL_TIMESTAMP_URL = "http://127.0.0.1:9/"
    with pytest.raises(NoTimeStamp):
        seal_bytes(paper(), "Executed version")
