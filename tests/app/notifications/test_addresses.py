"""Where a webhook may lead: nowhere into the network behind the service, however the address is spelled."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest

from app.errors import InvalidInput
from app.notifications import addresses
from app.notifications.addresses import AddressNotAllowed, UnknownHost, check_url, is_public, is_usable, parse

INSIDE = [
    "127.0.0.1",
    "127.8.8.8",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "192.0.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
    "2002:a00:1::",
    "2001:0:7f00:1::",
    "fe80::1",
    "fc00::1",
    "fd12:3456::1",
    "ff02::1",
    "2001:db8::1",
]


@pytest.mark.parametrize("text", INSIDE)
def test_an_inside_address_is_not_public(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))
    assert not is_usable(ipaddress.ip_address(text), allow_private=False)


@pytest.mark.parametrize("text", ["8.8.8.8", "202.108.22.5", "2400:3200::1", "::ffff:8.8.8.8"])
def test_an_address_on_the_internet_is_public(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", ["0.0.0.0", "::", "224.0.0.1", "ff02::1"])
def test_no_setting_allows_what_is_no_hosts_address(text: str) -> None:
    assert not is_usable(ipaddress.ip_address(text), allow_private=True)


@pytest.mark.parametrize("text", ["127.0.0.1", "10.1.2.3", "::1", "fd12:3456::1"])
def test_the_setting_allows_the_own_network(text: str) -> None:
    assert is_usable(ipaddress.ip_address(text), allow_private=True)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "017700000001",
        "0177.0.0.1",
        "10.0.0.8",
        "167772168",
        "169.254.169.254",
        "0",
        "localhost",
        "api.localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[fd00::1]",
    ],
)
def test_every_spelling_of_an_inside_address_is_refused_at_once(host: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_url(f"https://{host}/hook", allow_private=False)
    assert [(item.field, item.code) for item in caught.value.fields] == [("url", "address_not_allowed")]


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://example.com/", "invalid_url"),
        ("file:///etc/passwd", "invalid_url"),
        ("https://", "invalid_url"),
        ("https:///path", "invalid_url"),
        ("https://user:secret@example.com/", "invalid_url"),
        ("https://example.com\\@127.0.0.1/", "invalid_url"),
        ("https://example.com/#part", "invalid_url"),
        ("https://example.com:99999/", "invalid_url"),
        ("https://[::1/", "invalid_url"),
        ("https://[fe80::1%25eth0]/", "invalid_url"),
        ("https://exa mple.com/", "invalid_url"),
        ("https://example.com/\r\nHost: inside", "invalid_url"),
        ("https://例子.中国/", "invalid_url"),
        ("just words", "invalid_url"),
        ("http://example.com/", "https_required"),
    ],
)
def test_anything_but_a_plain_https_url_is_refused(url: str, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_url(url, allow_private=False)
    assert [item.code for item in caught.value.fields] == [code]


def test_a_good_url_is_accepted_without_asking_a_name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    def numeric_only(host: str, port: int, **options: Any) -> Any:
        assert options["flags"] == socket.AI_NUMERICHOST
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", numeric_only)
    check_url("https://erp.example.com:8443/hooks?a=b", allow_private=False)


def test_the_setting_allows_plain_http_and_the_loopback() -> None:
    check_url("http://127.0.0.1:8080/hook", allow_private=True)


def answering(*texts: str) -> Any:
    def getaddrinfo(host: str, port: int, **options: Any) -> Any:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (text, port))
            if ":" not in text
            else (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (text, port, 0, 0))
            for text in texts
        ]

    return getaddrinfo


@pytest.mark.parametrize("text", INSIDE)
def test_a_name_that_leads_inside_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", answering(text))
    with pytest.raises(AddressNotAllowed):
        addresses.resolve(parse("https://erp.example.com/"), allow_private=False)


def test_a_name_that_leads_inside_and_outside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", answering("8.8.8.8", "10.0.0.1"))
    with pytest.raises(AddressNotAllowed):
        addresses.resolve(parse("https://erp.example.com/"), allow_private=False)


def test_a_name_on_the_internet_gives_its_addresses_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", answering("8.8.8.8", "8.8.8.8", "2400:3200::1"))
    found = addresses.resolve(parse("https://erp.example.com/"), allow_private=False)
    assert found == ["8.8.8.8", "2400:3200::1"]


def test_a_name_without_address_is_unknown() -> None:
    with pytest.raises(UnknownHost):
        addresses.resolve(parse("https://" + "a" * 64 + ".invalid/"), allow_private=False)


def test_a_url_is_taken_apart() -> None:
    assert parse("https://Erp.example.com/a?b=c") == addresses.Target(True, "erp.example.com", 443, "/a?b=c")
    assert parse("http://erp.example.com:81") == addresses.Target(False, "erp.example.com", 81, "/")
