"""What the gate makes of a request's addresses and headers."""

import pytest

from ovpnmon.api.login.incoming import Incoming
from ovpnmon.login_settings import LoginSettings
from tests.asgi import scope


def incoming(**request: object) -> Incoming:
    return Incoming.of(scope("/", **request))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("here", "peer", "local"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.53", "127.8.8.8", True),
        ("::1", "::1", True),
        ("::ffff:127.0.0.1", "::ffff:127.0.0.1", True),
        ("192.0.2.1", "192.0.2.1", False),
        ("127.0.0.1", "192.0.2.1", False),
        ("192.0.2.1", "127.0.0.1", False),
        ("0.0.0.0", "127.0.0.1", False),
        ("::ffff:192.0.2.1", "::ffff:127.0.0.1", False),
        ("fe80::1%eth0", "fe80::2%eth0", False),
    ],
)
def test_local_means_both_ends_on_loopback(here: str, peer: str, local: bool) -> None:
    """IPv4 in an IPv6 socket is IPv4."""
    assert incoming(here=(here, 8501), peer=(peer, 5)).is_local is local


def test_a_socket_without_addresses_is_not_local() -> None:
    """A Unix socket may have a proxy at its other end."""
    assert not incoming(here=None, peer=None).is_local


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("LOCALHOST:9000", True),
        ("localhost.:9000", True),
        ("127.0.0.1:8501", True),
        ("127.1.2.3", True),
        ("[::1]:8501", True),
        ("attacker.example", False),
        ("localhost.attacker.example", False),
        ("127.0.0.1.attacker.example", False),
        ("192.0.2.1", False),
        ("user@localhost", False),
        ("localhost/x", False),
        ("localhost:8501:1", False),
        ("", False),
        (None, False),
    ],
)
def test_only_names_that_mean_this_machine_are_loopback_hosts(
    host: str | None, loopback: bool
) -> None:
    """A stranger's name may resolve to 127.0.0.1."""
    assert incoming(host=host).asks_for_loopback is loopback


def test_two_host_headers_are_no_host() -> None:
    """Which of them a proxy looked at is anybody's guess."""
    assert incoming(headers=[("host", "localhost")]).host is None


@pytest.mark.parametrize(
    "header",
    ["Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Prefix", "Via", "X-Real-IP"],
)
def test_a_proxys_header_shows_that_it_was_forwarded(header: str) -> None:
    """Whatever is in it."""
    assert incoming(headers={header: ""}).was_forwarded
    assert not incoming(headers={"X-Requested-With": "x"}).was_forwarded


def test_http_1_0_counts_as_forwarded() -> None:
    """It is what nginx speaks to a server when told nothing else, and no browser does."""
    assert incoming(http_version="1.0").was_forwarded


@pytest.mark.parametrize(
    ("host", "origin", "foreign"),
    [
        ("localhost:8501", "http://localhost:8501", False),
        ("vpn.example", "https://vpn.example", False),
        ("vpn.example:443", "https://vpn.example", False),
        ("VPN.example", "https://vpn.EXAMPLE", False),
        ("[::1]:8501", "http://[::1]:8501", False),
        ("localhost:8501", "http://localhost:3000", True),
        ("localhost:8501", "http://localhost", True),
        ("127.0.0.1:8501", "https://vpn.example", True),
        ("vpn.example", "https://evil.example", True),
        ("vpn.example", "null", True),
        ("vpn.example", "", True),
        ("vpn.example", "https://[", True),
        ("", "https://", True),
    ],
)
def test_a_page_of_another_origin_is_foreign(host: str, origin: str, foreign: bool) -> None:
    """The port counts: another service on this host is another origin."""
    assert incoming(host=host, headers={"Origin": origin}).is_foreign is foreign


def test_programs_that_send_no_origin_are_not_foreign() -> None:
    """Only browsers send one."""
    assert not incoming().is_foreign


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", "198.51.100.7", "203.0.113.9"),
        ("10.0.0.2", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.2", "192.0.2.66, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.2", "192.0.2.66, 198.51.100.7, 10.0.0.3", "198.51.100.7"),
        ("10.0.0.2", "made up", "10.0.0.2"),
        ("10.0.0.2", "", "10.0.0.2"),
        ("10.0.0.2", "10.0.0.4, 10.0.0.3", "10.0.0.4"),
    ],
)
def test_the_client_is_the_last_one_that_a_known_proxy_vouches_for(
    peer: str, forwarded: str, client: str
) -> None:
    """What a stranger writes in front of it, or sends without a proxy, is not believed."""
    proxies = LoginSettings.from_env({"OPENVPN_MONITOR_PROXIES": "10.0.0.0/8"}).proxies
    came = incoming(peer=(peer, 1), headers={"X-Forwarded-For": forwarded})
    assert str(came.client(proxies)) == client
