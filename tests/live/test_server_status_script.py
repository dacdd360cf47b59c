"""scripts/server_status.sh run by the shells of Debian (dash) and Alpine (busybox), beside no OpenVPN or
whichever this machine happens to run: what holds for both.
"""

import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.live.conftest import Shell

SCRIPT = Path(__file__).parents[2] / "scripts" / "server_status.sh"
OLD_PANEL_KEYS = {"status", "uptime", "local_ip", "public_ip", "pingable"}
NEW_KEYS = {"reason", "started_at", "pid", "version", "interface", "local_addresses", "ping_ms"}

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="it reads Linux's /proc"
)


def run(
    shell: Shell, *arguments: str | Path, programs: Path | None = None, **variables: str | bytes
) -> subprocess.CompletedProcess[str]:
    """Run the script; programs: a directory of programs that are found before the machine's own."""
    path = f"{programs}:{shell.path}" if programs else shell.path
    environment: dict[str, Any] = {"OPENVPN_MONITOR_PUBLIC_IP": "off", "PATH": path} | variables
    return subprocess.run(
        [*shell.words, SCRIPT, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def written(shell: Shell, output: Path, **options: Any) -> Any:
    """The report of a run that must succeed without a word."""
    done = run(shell, output, **options)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return json.loads(output.read_bytes())


def program(directory: Path, name: str, text: str) -> None:
    """Put a program into the directory."""
    directory.mkdir(exist_ok=True)
    (directory / name).write_text(f"#!/bin/sh\n{text}\n")
    (directory / name).chmod(0o755)


def test_the_report_has_the_old_panels_keys_and_an_entry_for_the_server(
    shell: Shell, tmp_path: Path
) -> None:
    """Readers of the old file find their keys at the top, newer ones the same per server."""
    report = written(shell, tmp_path / "report.json")
    assert report.keys() >= OLD_PANEL_KEYS | NEW_KEYS | {"host", "checked_at", "servers"}
    assert report["servers"].keys() == {"openvpn"}
    assert report["servers"]["openvpn"].keys() >= NEW_KEYS
    assert report["host"] == os.uname().nodename


@pytest.mark.parametrize(
    ("setting", "names"),
    [
        ("/run/a.log", ["openvpn"]),
        ("/run/odd=name.log", ["openvpn"]),
        ("udp=/run/u.log,tcp=/run/t.log", ["udp", "tcp"]),
        (" udp = /run/u.log , tcp=/run/t.log ", ["udp", "tcp"]),
    ],
)
def test_servers_are_named_by_the_monitors_own_setting(
    shell: Shell, tmp_path: Path, setting: str, names: list[str]
) -> None:
    """OPENVPN_STATUS_LOG is read as the monitor reads it."""
    report = written(shell, tmp_path / "report.json", OPENVPN_STATUS_LOG=setting)
    assert list(report["servers"]) == names


@pytest.mark.parametrize("setting", ["udp=/run/u.log,", "udp=", "=x", "udp=/a,tcp"])
def test_a_setting_that_is_neither_path_nor_list_is_refused(
    shell: Shell, tmp_path: Path, setting: str
) -> None:
    """A half-written list says what is wrong with it and writes nothing."""
    done = run(shell, tmp_path / "report.json", OPENVPN_STATUS_LOG=setting)
    assert done.returncode == 2
    assert "is not name=path" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b'q"uote', 'q"uote'),
        (b"back\\slash\\n", "back\\slash\\n"),
        (b"tab\there\x01", "tab\there\x01"),
        ("Москва-ü-€-😀".encode(), "Москва-ü-€-😀"),
        (b"bad\xff\xc3(\xe2\x82x", "bad\ufffd\ufffd(\ufffdx"),
        (
            b"over\xc0\xaflong\xed\xa0\x80end\xf0\x9f",
            "over\ufffd\ufffdlong\ufffd\ufffd\ufffdend\ufffd",
        ),
        (b"$(touch pwned) `id` %s 'x'", "$(touch pwned) `id` %s 'x'"),
    ],
)
def test_the_report_is_json_whatever_the_names_are_made_of(
    shell: Shell, tmp_path: Path, name: bytes, shown: str
) -> None:
    """Quotes, control characters and broken UTF-8 come out as Python's decoder shows them, in ASCII."""
    setting = name + b"=/run/" + name.replace(b"/", b"") + b".log"
    report = written(shell, tmp_path / "report.json", OPENVPN_STATUS_LOG=setting)
    assert list(report["servers"]) == [shown]
    assert report["servers"][shown]["status_file"] == f"/run/{shown}.log"
    assert (tmp_path / "report.json").read_bytes().isascii()


def test_output_comes_from_the_argument_the_variables_or_the_data_directory(
    shell: Shell, tmp_path: Path
) -> None:
    """In this order: argument, OPENVPN_SERVER_STATUS, OPENVPN_MONITOR_DATA."""
    data = tmp_path / "data"
    data.mkdir()
    variables = {"OPENVPN_MONITOR_DATA": str(data)}
    assert run(shell, **variables).returncode == 0
    variables["OPENVPN_SERVER_STATUS"] = str(tmp_path / "by-variable.json")
    assert run(shell, **variables).returncode == 0
    assert run(shell, tmp_path / "by-argument.json", **variables).returncode == 0
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.json")}
    assert found == {"data/server_status.json", "by-variable.json", "by-argument.json"}


def test_without_any_setting_it_writes_beside_where_it_lies(shell: Shell, tmp_path: Path) -> None:
    """As the old panel's crontab ran it: .../openvpn-monitor/scripts/server_status.sh and nothing else."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "data").mkdir()
    copy = shutil.copy(SCRIPT, tmp_path / "scripts")
    environment = {"PATH": shell.path, "OPENVPN_MONITOR_PUBLIC_IP": "off"}
    subprocess.run([*shell.words, copy], env=environment, check=True, cwd="/")
    assert json.loads((tmp_path / "data" / "server_status.json").read_bytes())["servers"]


def test_the_report_replaces_the_last_one_whole_and_can_be_read_by_others(
    shell: Shell, tmp_path: Path
) -> None:
    """A new file under the old name, so that a reader of the old one is not disturbed; nothing else stays."""
    output = tmp_path / "report.json"
    output.write_text("old")
    (tmp_path / ".report.json.Ab12Cd").write_text("left by a run that was killed")
    with output.open() as reader:
        written(shell, output)
        assert reader.read() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
    assert output.stat().st_mode & 0o777 == 0o644


def test_a_link_at_the_output_is_replaced_and_not_followed(shell: Shell, tmp_path: Path) -> None:
    """Root writes into a directory that others may write to: what a link names stays as it is."""
    precious = tmp_path / "precious"
    precious.write_text("kept")
    (tmp_path / "report.json").symlink_to(precious)
    written(shell, tmp_path / "report.json")
    assert precious.read_text() == "kept"


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("missing/report.json", "there is no directory"),
        (".", "it is a directory"),
        ("/proc/report.json", "nothing can be created in /proc"),
    ],
)
def test_what_cannot_be_written_is_told_with_status_1(
    shell: Shell, tmp_path: Path, output: str, words: str
) -> None:
    """cron mails the message; a watchdog sees the status."""
    done = run(shell, tmp_path / output)
    assert done.returncode == 1
    assert "cannot write" in done.stderr
    assert words in done.stderr


@pytest.mark.parametrize("arguments", [["--nonsense"], ["a.json", "b.json"]])
def test_wrong_usage_is_told_with_status_2(
    shell: Shell, tmp_path: Path, arguments: list[str]
) -> None:
    """A mistyped option is not taken for a file name."""
    done = run(shell, *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("server_status.sh: ")


def test_a_run_is_left_out_while_another_is_not_done(shell: Shell, tmp_path: Path) -> None:
    """With status 75 and a message, and the file as it was; afterwards it runs again."""
    output = tmp_path / "report.json"
    output.write_text("old")
    lock = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run(shell, output)
        assert done.returncode == 75
        assert "another run" in done.stderr
        assert output.read_text() == "old"
    finally:
        os.close(lock)
    written(shell, output)


class TestPublicAddress:
    """The one thing that is asked of others, and can be left out."""

    @staticmethod
    def fakes(tmp_path: Path, dig: str, curl: str) -> Path:
        """dig and curl that note that they were called, and `timeout` that notes what it was given."""
        programs, calls = tmp_path / "bin", tmp_path / "calls"
        program(programs, "dig", f'echo "dig $*" >>{calls}\n{dig}')
        program(programs, "curl", f'echo "curl $*" >>{calls}\n{curl}')
        program(programs, "timeout", f'echo "timeout $1 $2" >>{calls}\nshift\nexec "$@"')
        calls.touch()
        return programs

    def ask(self, shell: Shell, tmp_path: Path, dig: str, curl: str, **more: str) -> Any:
        """The public_ip reported."""
        programs = self.fakes(tmp_path, dig, curl)
        variables = {"OPENVPN_MONITOR_PUBLIC_IP": ""} | more
        return written(shell, tmp_path / "report.json", programs=programs, **variables)["public_ip"]

    def test_dig_is_asked_first(self, shell: Shell, tmp_path: Path) -> None:
        """And nobody else when it knows, in limited time."""
        assert self.ask(shell, tmp_path, "echo 198.51.100.1", "exit 1") == "198.51.100.1"
        calls = (tmp_path / "calls").read_text().splitlines()
        assert calls[0] == "timeout 5 dig"
        assert not [call for call in calls if call.startswith("curl")]

    @pytest.mark.parametrize(
        "dig",
        [
            "exit 9",
            "echo ';; communications error to 208.67.222.222#53: timed out'",
            "echo 1.2.3.4x",
        ],
    )
    def test_curl_is_asked_when_dig_gives_no_address(
        self, shell: Shell, tmp_path: Path, dig: str
    ) -> None:
        """dig prints its errors where the answer belongs: they are not taken for one."""
        assert self.ask(shell, tmp_path, dig, "echo 2001:db8::7") == "2001:db8::7"
        calls = (tmp_path / "calls").read_text()
        assert "timeout 8 curl" in calls
        assert "--max-time 5" in calls

    def test_an_answer_that_is_no_address_is_none(self, shell: Shell, tmp_path: Path) -> None:
        """Such as the login page of a hotel's network."""
        assert self.ask(shell, tmp_path, "exit 9", "echo '<html>\"log in'") is None

    def test_it_can_be_left_out(self, shell: Shell, tmp_path: Path) -> None:
        """By option or by variable, and then nobody is asked."""
        programs = self.fakes(tmp_path, "echo 1.2.3.4", "echo 1.2.3.4")
        output = tmp_path / "report.json"
        assert written(shell, output, programs=programs)["public_ip"] is None
        done = run(shell, "--no-public-ip", output, programs=programs, OPENVPN_MONITOR_PUBLIC_IP="")
        assert done.returncode == 0
        assert json.loads(output.read_bytes())["public_ip"] is None
        assert (tmp_path / "calls").read_text() == ""

    def test_it_can_be_given(self, shell: Shell, tmp_path: Path) -> None:
        """A server behind a fixed address has it in the crontab."""
        given = {"OPENVPN_MONITOR_PUBLIC_IP": "203.0.113.5"}
        assert self.ask(shell, tmp_path, "exit 1", "exit 1", **given) == "203.0.113.5"
        assert (tmp_path / "calls").read_text() == ""
