"""The gate as callers meet it: who is let in, and what the others are told."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from ovpnmon.api.login import passwords
from tests.asgi import HERE, LOOPBACK, STRANGER, Answer, ask, basic, call
from tests.logins import PASSWORD, TOKEN, Clock, cheap_hash, gated, login

OUTSIDE: dict[str, Any] = {"here": HERE, "peer": STRANGER, "host": "vpn.example"}
RIGHT = {"Authorization": basic("admin", PASSWORD)}
SOCKET: dict[str, Any] = {"kind": "websocket"}


def wrong(n: int = 0, user: str = "admin") -> dict[str, str]:
    return {"Authorization": basic(user, f"wrong {n}")}


def ask_all(app: Any, requests: list[dict[str, Any]]) -> list[Answer]:
    async def asking() -> list[Answer]:
        return [await call(app, **request) for request in requests]

    return asyncio.run(asking())


# Passwords and tokens


def test_the_right_password_opens_pages_api_and_websocket() -> None:
    """For every kind of request."""
    app = gated(login())
    for request in ({}, {"path": "/api/clients"}, {"method": "POST"}):
        assert ask(app, headers=RIGHT, **OUTSIDE | request).status == 200
    assert ask(app, "/_stcore/stream", headers=RIGHT, **OUTSIDE, **SOCKET).status == 101


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Basic",
        "Basic !!!",
        basic("admin", ""),
        basic("admin", PASSWORD + " "),
        basic("Admin", PASSWORD),
        basic("", PASSWORD),
        "Basic " + "YWRtaW4=",  # no colon
        f"Bearer {PASSWORD}",
        f"Basic admin:{PASSWORD}",
        "Digest x",
    ],
)
@pytest.mark.parametrize("place", [OUTSIDE, {}], ids=["outside", "local"])
def test_nothing_else_does_from_nowhere(authorization: str | None, place: dict[str, Any]) -> None:
    """A password that is set is asked for on loopback too."""
    app = gated(login())
    headers = {} if authorization is None else {"Authorization": authorization}
    assert ask(app, headers=headers, **place).status == 401
    assert ask(app, "/_stcore/stream", headers=headers, **place, **SOCKET).status == 403


def test_a_401_lets_browsers_ask_and_is_kept_by_no_cache() -> None:
    """RFC 7617, with the character set that passwords are sent in."""
    answer = ask(gated(login()), **OUTSIDE)
    assert answer.headers["www-authenticate"] == 'Basic realm="OpenVPN Monitor", charset="UTF-8"'
    assert answer.headers["cache-control"] == "no-store"
    assert "log in" in answer.text


@pytest.mark.parametrize("path", ["/api", "/api/clients", "/api/no/such"])
def test_below_api_a_refusal_has_the_apis_error_shape(path: str) -> None:
    """Scripts read one shape of error."""
    answer = ask(gated(login()), path, **OUTSIDE)
    assert answer.json["error"]["code"] == "unauthorized"
    assert answer.headers["content-type"] == "application/json"


def test_a_token_opens_for_scripts_and_only_the_right_one() -> None:
    """Beside the password, not instead of it."""
    app = gated(login(token=TOKEN))
    answers = [
        ask(app, "/metrics", headers={"Authorization": value}, **OUTSIDE).status
        for value in (
            f"Bearer {TOKEN}",
            f"bearer  {TOKEN}",
            f"Bearer {TOKEN}x",
            "Bearer",
            "Bearer ",
        )
    ]
    assert answers == [200, 200, 401, 401, 401]
    assert ask(app, headers=RIGHT, **OUTSIDE).status == 200


def test_two_authorization_headers_are_none() -> None:
    """A proxy may have looked at the other one."""
    both = [("Authorization", RIGHT["Authorization"]), ("Authorization", wrong()["Authorization"])]
    assert ask(gated(login()), headers=both, **OUTSIDE).status == 401


def test_user_and_password_may_hold_any_letters() -> None:
    """Sent as UTF-8, as the challenge asks for; a colon in a password is part of it."""
    app = gated(login("пароль:с двоеточием", OPENVPN_MONITOR_USER="Ольга"))
    headers = {"Authorization": basic("Ольга", "пароль:с двоеточием")}
    assert ask(app, headers=headers, **OUTSIDE).status == 200


def test_a_password_set_by_command_holds_at_once(tmp_path: Path) -> None:
    """Also where none was set before; the old one is worth nothing from then on."""
    path = tmp_path / "login.json"
    app = gated(login(None, stored=path))
    assert ask(app).status == 200
    passwords.save(path, cheap_hash("first one"))
    assert ask(app).status == 401
    first = {"Authorization": basic("admin", "first one")}
    assert ask(app, headers=first).status == 200
    passwords.save(path, cheap_hash("second one"))
    assert ask(app, headers=first).status == 401


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_text("{")])
def test_a_password_file_that_goes_bad_meanwhile_opens_nothing(tmp_path: Path, harm: Any) -> None:
    """The last password stands."""
    path = tmp_path / "login.json"
    passwords.save(path, cheap_hash("first one"))
    app = gated(login(None, stored=path))
    assert ask(app).status == 401
    harm(path)
    os.sync()
    assert ask(app).status == 401
    assert ask(app, headers={"Authorization": basic("admin", "first one")}).status == 200


# Without a password


@pytest.mark.parametrize(
    "host", ["localhost:8501", "127.0.0.1:8501", "[::1]:8501", "localhost:9000"]
)
def test_without_a_password_this_machine_is_let_in(host: str) -> None:
    """A tunnel (ssh -L 9000:127.0.0.1:8501) counts as this machine."""
    app = gated(login(None))
    assert ask(app, host=host).status == 200
    assert ask(app, "/_stcore/stream", host=host, **SOCKET).status == 101


@pytest.mark.parametrize(
    "request_",
    [
        {"host": "attacker.example"},  # DNS rebinding
        {"host": None},
        {"headers": {"X-Forwarded-For": "127.0.0.1"}},
        {"headers": {"Via": "1.1 proxy"}},
        {"http_version": "1.0"},
        {"peer": STRANGER},
        {"here": HERE},
        {"here": None, "peer": None},
    ],
    ids=str,
)
def test_without_a_password_all_others_are_told_which_setting_is_missing(
    request_: dict[str, Any],
) -> None:
    """Pages, API and websocket alike."""
    app = gated(login(None))
    answer = ask(app, **request_)
    assert answer.status == 403
    assert "OPENVPN_MONITOR_PASSWORD" in answer.text
    assert ask(app, "/api/clients", **request_).json["error"]["code"] == "forbidden"
    assert ask(app, "/_stcore/stream", **request_, **SOCKET).status == 403


def test_without_a_password_a_token_still_opens_from_elsewhere() -> None:
    """Prometheus behind a proxy, while people use a tunnel."""
    app = gated(login(None, token=TOKEN))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert ask(app, headers=headers, **OUTSIDE).status == 200
    assert ask(app, **OUTSIDE).status == 403
    assert ask(app).status == 200


# Off, proxy, hosts


def test_switched_off_lets_everybody_in_but_foreign_pages() -> None:
    """The proxy in front knows who it is; a page of another origin rides on that."""
    app = gated(login(None, OPENVPN_MONITOR_AUTH="off"))
    assert ask(app, **OUTSIDE).status == 200
    assert ask(app, headers={"Origin": "https://evil.example"}, **OUTSIDE).status == 403


def proxied(password: str | None = None, token: str | None = None, **environ: str) -> Any:
    settings = {"OPENVPN_MONITOR_AUTH": "proxy", "OPENVPN_MONITOR_PROXIES": "10.0.0.0/8"}
    return gated(login(password, token=token, **settings | environ))


VIA_PROXY: dict[str, Any] = {
    "here": ("10.0.0.9", 8501),
    "peer": ("10.0.0.1", 5),
    "host": "vpn.example",
}


def test_a_listed_proxys_word_is_believed() -> None:
    """It names the user in its header."""
    headers = {"X-Forwarded-User": "olga"}
    assert ask(proxied(), headers=headers, **VIA_PROXY).status == 200
    assert ask(proxied(), "/_stcore/stream", headers=headers, **VIA_PROXY, **SOCKET).status == 101


@pytest.mark.parametrize(
    "request_",
    [
        {**OUTSIDE, "headers": {"X-Forwarded-User": "olga"}},
        {**OUTSIDE, "headers": {"X-Forwarded-User": "olga", "X-Forwarded-For": "10.0.0.1"}},
        {**VIA_PROXY},
        {**VIA_PROXY, "headers": {"X-Forwarded-User": ""}},
        {**VIA_PROXY, "headers": {"Remote-User": "olga"}},
        {**VIA_PROXY, "headers": [("X-Forwarded-User", "mallory"), ("X-Forwarded-User", "olga")]},
        {"headers": {"X-Forwarded-User": "olga"}},
    ],
    ids=str,
)
def test_nobody_else_is_believed(request_: dict[str, Any]) -> None:
    """Not another address, not another header, not a header that came twice, not loopback."""
    answer = ask(proxied(), **request_)
    assert answer.status == 403
    assert "OPENVPN_MONITOR_PROXIES" in answer.text


def test_the_proxys_header_can_be_another_and_is_the_only_one() -> None:
    """A header that the proxy does not overwrite could be the visitor's own."""
    app = proxied(OPENVPN_MONITOR_PROXY_USER_HEADER="Remote-User")
    assert ask(app, headers={"Remote-User": "olga"}, **VIA_PROXY).status == 200
    assert ask(app, headers={"X-Forwarded-User": "olga"}, **VIA_PROXY).status == 403


def test_with_a_proxy_a_password_and_a_token_still_open() -> None:
    """For scripts and for the day when the proxy's login is down."""
    app = proxied(PASSWORD, TOKEN)
    assert ask(app, headers=RIGHT, **OUTSIDE).status == 200
    assert ask(app, headers={"Authorization": f"Bearer {TOKEN}"}, **VIA_PROXY).status == 200
    assert ask(app, **OUTSIDE).status == 401


@pytest.mark.parametrize("mode", ["password", "off"])
def test_only_listed_hosts_are_answered_in_any_mode(mode: str) -> None:
    """Against a stranger's name that points here."""
    app = gated(
        login(OPENVPN_MONITOR_AUTH=mode, OPENVPN_MONITOR_HOSTS="vpn.example, [2001:db8::1]")
    )
    for host, status in (
        ("vpn.example", 200),
        ("VPN.example.:8443", 200),
        ("[2001:db8::1]:8443", 200),
        ("x.vpn.example", 403),
        (None, 403),
    ):
        assert ask(app, headers=RIGHT, **OUTSIDE | {"host": host}).status == status
    refused = ask(app, "/_stcore/stream", headers=RIGHT, **OUTSIDE | {"host": "x"}, **SOCKET)
    assert refused.status == 403


@pytest.mark.parametrize("place", [{**OUTSIDE, "headers": RIGHT}, {}])
def test_a_page_of_another_origin_may_not_use_a_visitors_login(place: dict[str, Any]) -> None:
    """Browsers send credentials along with a stranger's websocket."""
    app = gated(login(PASSWORD if place else None))
    for origin, status in (("https://evil.example", 403), ("null", 403)):
        headers = place.get("headers", {}) | {"Origin": origin}
        answer = ask(app, "/_stcore/stream", **place | {"headers": headers}, **SOCKET)
        assert answer.status == status
        assert "proxy_set_header Host" in ask(app, **place | {"headers": headers}).text


# Repeated failures


def test_whoever_goes_on_failing_is_told_to_wait_and_not_looked_at_meanwhile() -> None:
    """Not even with the right password: that would make waiting no obstacle."""
    clock = Clock()
    app = gated(login(clock=clock))
    answers = ask_all(app, [{"headers": wrong(n), **OUTSIDE} for n in range(6)])
    assert [answer.status for answer in answers] == [401, 401, 401, 401, 429, 429]
    assert answers[4].headers["retry-after"] == "1"
    assert ask(app, headers=RIGHT, **OUTSIDE).status == 429
    clock.now += 1
    assert ask(app, headers=RIGHT, **OUTSIDE).status == 200


def test_guesses_sent_at_once_count_one_by_one() -> None:
    """Or a hundred connections would be a hundred guesses for the price of one."""
    app = gated(login())

    async def asking() -> list[int]:
        requests = [call(app, headers=wrong(n), **OUTSIDE) for n in range(50)]
        return [answer.status for answer in await asyncio.gather(*requests)]

    assert sorted(asyncio.run(asking())) == [401] * 4 + [429] * 46


def test_others_are_not_held_up() -> None:
    """One address is one caller; of IPv6 it is the network that one customer gets."""
    app = gated(login())
    ask_all(app, [{"headers": wrong(n), **OUTSIDE} for n in range(9)])
    assert ask(app, headers=RIGHT, **OUTSIDE | {"peer": ("198.51.100.7", 1)}).status == 200
    six = [{**OUTSIDE, "peer": (f"2001:db8::{n:x}", 1), "headers": wrong(n)} for n in range(9)]
    assert ask_all(app, six)[-1].status == 429
    assert ask(app, headers=RIGHT, **OUTSIDE | {"peer": ("2001:db8:0:1::1", 1)}).status == 200


def test_behind_a_listed_proxy_each_client_counts_for_itself() -> None:
    """The proxy says who they are."""
    app = gated(login(OPENVPN_MONITOR_PROXIES="10.0.0.1"))

    def through(client: str, headers: dict[str, str]) -> dict[str, Any]:
        return {**VIA_PROXY, "headers": headers | {"X-Forwarded-For": client}}

    ask_all(app, [through("203.0.113.9", wrong(n)) for n in range(9)])
    assert ask(app, **through("203.0.113.9", RIGHT)).status == 429
    assert ask(app, **through("198.51.100.7", RIGHT)).status == 200


def test_a_browser_that_was_let_in_before_is_not_held_up_by_its_neighbours() -> None:
    """Behind a proxy that is not listed everybody has one address."""
    app = gated(login())
    cookie = ask(app, headers=RIGHT, **OUTSIDE).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    known = {"Cookie": f"other=1; {cookie.partition(';')[0]}"}
    ask_all(app, [{"headers": wrong(n), **OUTSIDE} for n in range(9)])
    assert ask(app, headers=RIGHT, **OUTSIDE).status == 429
    let_in = ask(app, headers=RIGHT | known, **OUTSIDE)
    assert let_in.status == 200
    assert "set-cookie" not in let_in.headers
    guesses = [{"headers": wrong(n) | known, **OUTSIDE} for n in range(5)]
    assert ask_all(app, guesses)[-1].status == 429


@pytest.mark.parametrize(
    "cookie", ["ovpnmon_device=", "ovpnmon_device=x.y", "ovpnmon_device=\xff.\xff", "=;=", "\x00"]
)
def test_a_made_up_cookie_is_worth_nothing(cookie: str) -> None:
    """It neither lets in nor gives a fresh count."""
    app = gated(login())
    requests = [{"headers": wrong(n) | {"Cookie": cookie}, **OUTSIDE} for n in range(5)]
    assert ask_all(app, requests)[-1].status == 429
    assert ask(app, headers={"Cookie": cookie}, **OUTSIDE).status == 401


def test_a_script_with_an_old_password_locks_nobody_out() -> None:
    """The same wrong password over and over is one failure."""
    app = gated(login(token=TOKEN))
    old = [{"headers": wrong(), **OUTSIDE}, {"headers": {"Authorization": "Bearer old"}, **OUTSIDE}]
    for request in old:
        assert {answer.status for answer in ask_all(app, [request] * 20)} == {401}
    assert ask(app, headers=RIGHT, **OUTSIDE).status == 200


def test_wrong_tokens_count_as_failures_and_the_right_one_need_not_wait() -> None:
    """Nobody guesses 16 random characters; monitoring goes on while somebody tries."""
    app = gated(login(token=TOKEN))
    guesses = [{"headers": {"Authorization": f"Bearer {n}"}, **OUTSIDE} for n in range(5)]
    assert ask_all(app, guesses)[-1].status == 429
    assert ask(app, headers={"Authorization": f"Bearer {TOKEN}"}, **OUTSIDE).status == 200


def test_failures_are_logged_with_the_address_for_tools_that_ban(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """And without what was typed: people put their password into the wrong field."""
    ask(gated(login()), headers=wrong(user="evil\nuser"), **OUTSIDE)
    assert caplog.messages == ["login failed address=203.0.113.9 wait_seconds=0"]


# Headers, health


def test_health_needs_no_login_from_anywhere_under_any_name() -> None:
    """Load balancers and container engines ask for it; nothing else is so open."""
    app = gated(login(OPENVPN_MONITOR_HOSTS="vpn.example"))
    assert ask(app, "/healthz", **OUTSIDE | {"host": "10.0.0.9"}).status == 200
    for path in ("/healthz/", "/healthz/x", "//healthz", "/HEALTHZ", "/api/healthz", "/healthz%2f"):
        assert ask(app, path, **OUTSIDE).status == 401
    assert ask(app, "/healthz", **OUTSIDE, **SOCKET).status == 403


@pytest.mark.parametrize("request_", [{"path": "/"}, {"path": "/healthz"}, {"headers": RIGHT}])
def test_every_answer_carries_the_security_headers(request_: dict[str, Any]) -> None:
    """Refusals and health too."""
    headers = ask(gated(login()), **OUTSIDE | request_).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy.partition("script-src")[2].partition(";")[0]
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_loopback_is_judged_by_the_socket_not_by_the_setting() -> None:
    """An app that listens everywhere is asked from its own machine as well."""
    app = gated(login(None, OPENVPN_MONITOR_ADDRESS="0.0.0.0"))
    assert ask(app, here=LOOPBACK).status == 200
