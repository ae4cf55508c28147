"""Which addresses a webhook may lead to, so that nobody reaches into the network behind the service with one.

A name is resolved once and the connection goes to the address that was checked: a second answer of the name
server cannot lead elsewhere.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.errors import FieldError, InvalidInput

NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class AddressNotAllowed(Exception):
    """The address is private, local or otherwise not a public host's."""


class UnknownHost(Exception):
    """The name has no address."""


@dataclass(frozen=True)
class Target:
    """A webhook's URL, taken apart. `path` includes the query."""

    is_https: bool
    host: str
    port: int
    path: str


def parse(url: str) -> Target:
    """The parts of `url`. Raises `ValueError` for anything but a plain http or https URL in ASCII."""
    if not url.isascii() or any(character <= " " or character == "\\" for character in url):
        raise ValueError("a URL is written in ASCII without blanks")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.fragment:
        raise ValueError("not a plain http or https URL")
    if "@" in parts.netloc or "%" in parts.netloc:
        raise ValueError("no names, passwords or zones in a URL")
    is_https = parts.scheme == "https"
    port = parts.port or (443 if is_https else 80)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(is_https, parts.hostname, port, path)


def is_public(address: Address) -> bool:
    """Whether the address is one on the open internet, also when it is wrapped into IPv6."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address.sixtofour is not None or address.teredo is not None or address in NAT64:
            # These carry an IPv4 address that a gateway would unwrap; no receiver needs them.
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def is_usable(address: Address, *, allow_private: bool) -> bool:
    """Whether a webhook may be sent there; nothing is ever sent to multicast or the unspecified address."""
    if is_public(address):
        return True
    return allow_private and not (address.is_multicast or address.is_unspecified)


def resolve(target: Target, *, allow_private: bool) -> list[str]:
    """The addresses of the host, checked. Raises `UnknownHost`, or `AddressNotAllowed` when even one is not
    allowed: a name that points inside and outside is a trap, not a receiver."""
    addresses = _lookup(target)
    for text in addresses:
        if not is_usable(ipaddress.ip_address(text), allow_private=allow_private):
            raise AddressNotAllowed()
    return addresses


def check_url(url: str, *, allow_private: bool) -> None:
    """What can be said of a URL without asking a name server. Raises `InvalidInput`.

    Plain http is for receivers in the own network only, so it needs the same setting as private addresses.
    """
    try:
        target = parse(url)
    except ValueError as error:
        raise _refused("invalid_url", "应为 http(s):// 开头的完整地址", "Must be an http(s) URL") from error
    if not target.is_https and not allow_private:
        raise _refused("https_required", "地址必须以 https:// 开头", "The URL must begin with https://")
    try:
        # Numeric spellings only (127.1, 0x7f000001, 2130706433 …): no name server is asked.
        addresses = _lookup(target, flags=socket.AI_NUMERICHOST)
    except UnknownHost:
        addresses = []
        if target.host == "localhost" or target.host.endswith(".localhost"):
            addresses = ["127.0.0.1"]
    for text in addresses:
        if not is_usable(ipaddress.ip_address(text), allow_private=allow_private):
            raise _refused(
                "address_not_allowed",
                "不能使用内网、本机或保留地址",
                "Private, local and reserved addresses are not allowed",
            )


def _lookup(target: Target, *, flags: int = 0) -> list[str]:
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM, flags=flags)
    except (OSError, UnicodeError) as error:
        raise UnknownHost() from error
    return list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))


def _refused(code: str, zh: str, en: str) -> InvalidInput:
    return InvalidInput(fields=(FieldError("url", code, zh, en),))
