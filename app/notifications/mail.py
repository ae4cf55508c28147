"""Writes one e-mail and hands it to the mail server.

SMTP leaves one gap that nobody can close: the server has taken the message, and our process dies before it
has noted so. The message is then sent again, with the same Message-ID, by which mailboxes recognise a
duplicate.
"""

from __future__ import annotations

import smtplib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from app.config import MailSecurity, Settings
from app.kit.clock import now
from app.notifications.outcome import SENT, Ending, Outcome
from app.notifications.parcel import MailParcel

SENDER_NAME = {"zh": "揭榜挂帅服务平台", "en": "Jiebang"}
FOOTER = {
    "zh": "本邮件由系统自动发送，请勿直接回复。查看详情请登录系统{url}，接收方式可在“通知设置”中调整。",
    "en": "This message was sent automatically; please do not reply. Sign in{url} for details. "
    "What is sent to you can be changed in the notification settings.",
}
LETTER_FOOTER = {
    "zh": "本邮件由系统自动发送，请勿直接回复。如果不是您本人的操作，请忽略本邮件，也不要把链接转给他人。",
    "en": "This message was sent automatically; please do not reply. If it was not you who asked for it, ignore "
    "it, and do not pass the link on.",
}


def write(settings: Settings, parcel: MailParcel) -> EmailMessage:
    """The message. Its Message-ID follows from the delivery's id alone, so every attempt carries the same
    one."""
    message = EmailMessage(policy=SMTP)
    user, _, domain = settings.smtp_from.rpartition("@")
    message["From"] = Address(SENDER_NAME[parcel.language], user, domain)
    message["To"] = parcel.address
    message["Subject"] = " ".join(parcel.words.headline.split())
    message["Date"] = format_datetime(now())
    message["Message-ID"] = f"<{parcel.delivery_id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    url = f" {settings.public_url} " if settings.public_url else ""
    footer = LETTER_FOOTER[parcel.language] if parcel.is_letter else FOOTER[parcel.language].format(url=url)
    message.set_content(f"{parcel.words.sentence}\n\n--\n{footer}\n", charset="utf-8", cte="base64")
    # Setting the content drops every Content- header that was there before.
    message["Content-Language"] = "en" if parcel.language == "en" else "zh-CN"
    return message


def send(settings: Settings, parcel: MailParcel) -> Outcome:
    """One attempt. What the server refuses for good is parked; trouble with the server itself counts for
    nobody."""
    if not settings.smtp_host:
        return Outcome(Ending.SKIP, "smtp_not_configured")
    try:
        message = write(settings, parcel)
    except (ValueError, IndexError):
        return Outcome(Ending.PARK, "invalid_address")
    try:
        server = _connect(settings)
    except smtplib.SMTPAuthenticationError:
        return Outcome(Ending.UNREACHABLE, "smtp_login_refused")
    except smtplib.SMTPNotSupportedError:
        return Outcome(Ending.UNREACHABLE, "smtp_not_supported")
    except ssl.SSLError:
        return Outcome(Ending.UNREACHABLE, "smtp_tls_failed")
    except (OSError, smtplib.SMTPException):
        return Outcome(Ending.UNREACHABLE, "smtp_unreachable")
    try:
        return _hand_over(server, settings, parcel, message)
    finally:
        server.close()


def _connect(settings: Settings) -> smtplib.SMTP:
    """A server that is ready for a message. Raises `OSError` and `SMTPException`."""
    host, port, timeout = settings.smtp_host, settings.smtp_port, settings.smtp_timeout_seconds
    if settings.smtp_security is MailSecurity.TLS:
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=timeout, context=_tls(settings))
    else:
        server = smtplib.SMTP(host, port, timeout=timeout)
    try:
        if settings.smtp_security is MailSecurity.STARTTLS:
            server.starttls(context=_tls(settings))
        if settings.smtp_username:
            server.login(settings.smtp_username, settings.smtp_password.get_secret_value())
    except BaseException:
        server.close()
        raise
    return server


def _hand_over(
    server: smtplib.SMTP, settings: Settings, parcel: MailParcel, message: EmailMessage
) -> Outcome:
    try:
        server.send_message(message, from_addr=settings.smtp_from, to_addrs=[parcel.address])
    except smtplib.SMTPRecipientsRefused as error:
        status = max((code for code, _ in error.recipients.values()), default=550)
        return _refused(status)
    except smtplib.SMTPSenderRefused:
        # The sender is a setting, the same for every message.
        return Outcome(Ending.UNREACHABLE, "smtp_sender_refused")
    except smtplib.SMTPResponseException as error:
        return _refused(error.smtp_code)
    except (smtplib.SMTPNotSupportedError, UnicodeError):
        return Outcome(Ending.PARK, "invalid_address")
    except (OSError, smtplib.SMTPException):
        return Outcome(Ending.RETRY, "smtp_interrupted")
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        # The message was taken with the answer to DATA; how the server says goodbye changes nothing.
        return SENT
    return SENT


def _refused(status: int) -> Outcome:
    ending = Ending.PARK if 500 <= status < 600 else Ending.RETRY
    return Outcome(ending, f"smtp_{status}")


def _tls(settings: Settings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(settings.smtp_ca_file) if settings.smtp_ca_file else None)
