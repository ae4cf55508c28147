"""Posts one signed body to a webhook: to a checked address, without redirects, within a fixed time."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from app import __version__
from app.config import Settings
from app.notifications import addresses, signing
from app.notifications.outcome import SENT, Ending, Outcome
from app.notifications.parcel import WebhookParcel

GONE = 410
MOST_ADDRESSES = 3
"""Keeps one attempt well within the lease of its claim."""


class _PinnedConnection(http.client.HTTPConnection):
    """A connection to one given address; the host's name serves for the Host header and the certificate
    only."""

    def __init__(
        self, target: addresses.Target, address: str, *, tls: ssl.SSLContext | None, timeout: float
    ) -> None:
        super().__init__(target.host, target.port, timeout=timeout)
        self.default_port = 443 if target.is_https else 80
        self._address = address
        self._tls = tls
        self.raw: socket.socket | None = None

    def connect(self) -> None:
        connected = socket.create_connection((self._address, self.port), self.timeout)
        self.sock = self.raw = connected
        if self._tls is not None:
            # The handshake is left for later, so that the clock can end it, too.
            wrapped = self._tls.wrap_socket(
                connected, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.sock = self.raw = wrapped
            wrapped.do_handshake()

    def cut(self) -> None:
        """Ends whatever the connection is waiting for."""
        if self.raw is not None:
            with suppress(OSError):
                self.raw.shutdown(socket.SHUT_RDWR)


def post(settings: Settings, parcel: WebhookParcel) -> Outcome:
    """One attempt. 2xx is success, 410 ends the matter, everything else is tried again; no answer is read."""
    try:
        target = addresses.parse(parcel.url)
    except ValueError:
        return Outcome(Ending.PARK, "invalid_url")
    if not target.is_https and not settings.webhook_allow_private:
        return Outcome(Ending.RETRY, "https_required")
    secret = signing.derive_secret(settings, parcel.secret_salt)
    if signing.hash_secret(secret) != parcel.secret_hash:
        return Outcome(Ending.PARK, "secret_key_changed")
    body = json.dumps(parcel.body, ensure_ascii=False, separators=(",", ":")).encode()
    delivery_id = str(parcel.delivery_id)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"Jiebang/{__version__}",
        "Connection": "close",
        signing.EVENT_HEADER: parcel.event,
        signing.DELIVERY_HEADER: delivery_id,
        signing.SIGNATURE_HEADER: signing.sign(
            secret, timestamp=int(time.time()), delivery_id=delivery_id, body=body
        ),
    }
    try:
        found = addresses.resolve(target, allow_private=settings.webhook_allow_private)
        status = _send(settings, target, found, body, headers)
    except addresses.AddressNotAllowed:
        return Outcome(Ending.RETRY, "address_not_allowed")
    except addresses.UnknownHost:
        return Outcome(Ending.RETRY, "unknown_host")
    except ssl.SSLError:
        return Outcome(Ending.RETRY, "tls_failed")
    except TimeoutError:
        return Outcome(Ending.RETRY, "timeout")
    except (OSError, http.client.HTTPException):
        return Outcome(Ending.RETRY, "connection_failed")
    if 200 <= status < 300:
        return Outcome(SENT.ending, http_status=status)
    if status == GONE:
        return Outcome(Ending.PARK, "gone", status)
    return Outcome(Ending.RETRY, "redirect" if 300 <= status < 400 else "refused", status)


def _send(
    settings: Settings, target: addresses.Target, found: list[str], body: bytes, headers: dict[str, str]
) -> int:
    """The status of the answer. The next address is tried only when no connection was made."""
    timeout = settings.webhook_timeout_seconds
    tls = _tls(settings) if target.is_https else None
    last: OSError = OSError("no address")
    for address in found[:MOST_ADDRESSES]:
        connection = _PinnedConnection(target, address, tls=tls, timeout=timeout)
        with _within(connection, timeout):
            try:
                connection.connect()
            except ssl.SSLError:
                raise
            except OSError as error:
                last = error
                continue
            connection.request("POST", target.path, body=body, headers=headers)
            return connection.getresponse().status
    raise last


@contextmanager
def _within(connection: _PinnedConnection, seconds: float) -> Iterator[None]:
    """Cuts the connection when time is up: a receiver that sends a byte now and then resets every socket
    timeout."""
    is_late = threading.Event()

    def cut() -> None:
        is_late.set()
        connection.cut()

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, http.client.HTTPException) as error:
        if is_late.is_set():
            raise TimeoutError from error
        raise
    finally:
        timer.cancel()
        connection.close()


def _tls(settings: Settings) -> ssl.SSLContext:
    return ssl.create_default_context(
        cafile=str(settings.webhook_ca_file) if settings.webhook_ca_file else None
    )
