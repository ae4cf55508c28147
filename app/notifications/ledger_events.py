"""The words of the events of the answer ledger: what is due, overdue and escalated, and what seekers say of answers."""

from __future__ import annotations

from app.models.ledger import ObligationKind
from app.models.notification import Event, EventGroup
from app.notifications.event_texts import EventTexts, Kind

G, E = EventGroup, Event

LEDGER_EVENTS: dict[Event, EventTexts] = {
    E.QUESTION_ASKED: EventTexts(
        G.REQUIREMENTS,
        (
            "技术需求{title}请贵单位补充",
            "办理技术需求{title}需要贵单位补充情况，请在 {reply_by} 前登录回复。",
        ),
        (
            "Question on requirement{title}",
            "There is a question on the requirement{title}. Please sign in and reply by {reply_by}.",
        ),
        {"reply_by": Kind.INSTANT},
    ),
    E.RESPONSE_REOPENED: EventTexts(
        G.OBLIGATIONS,
        (
            "需求方要求重新答复{title}",
            "需求方认为技术需求{title}的答复未解决问题，请在 {due_at} 前重新答复。",
        ),
        (
            "Answer re-opened{title}",
            "The seeker says that an answer on the requirement{title} is none; a new one is due by {due_at}.",
        ),
        {"due_at": Kind.INSTANT},
    ),
    E.OBLIGATION_ASSIGNED: EventTexts(
        G.OBLIGATIONS,
        ("答复由您负责{title}", "技术需求{title}的“{kind}”已指定由您答复，期限请登录查看。"),
        (
            "Answer assigned to you{title}",
            "The answer ({kind}) on the requirement{title} is yours to give. Sign in to see by when.",
        ),
        {"kind": ObligationKind},
    ),
    E.OBLIGATION_RESUMED: EventTexts(
        G.OBLIGATIONS,
        (
            "答复恢复计时{title}",
            "技术需求{title}的“{kind}”恢复计时，应于 {due_at} 前答复；需求方的回复请登录查看。",
        ),
        (
            "Clock goes on{title}",
            "The answer ({kind}) on the requirement{title} is due by {due_at}; sign in for the seeker's reply.",
        ),
        {"kind": ObligationKind, "due_at": Kind.INSTANT},
    ),
    E.OBLIGATION_DUE_SOON: EventTexts(
        G.OBLIGATIONS,
        ("答复即将到期{title}", "技术需求{title}的“{kind}”应于 {due_at} 前答复。"),
        ("Answer due soon{title}", "An answer ({kind}) on the requirement{title} is due by {due_at}."),
        {"kind": ObligationKind, "due_at": Kind.INSTANT},
    ),
    E.OBLIGATION_OVERDUE: EventTexts(
        G.OBLIGATIONS,
        ("答复已逾期{title}", "技术需求{title}的“{kind}”应于 {due_at} 前答复，现已逾期。"),
        ("Answer overdue{title}", "An answer ({kind}) on the requirement{title} was due by {due_at}."),
        {"kind": ObligationKind, "due_at": Kind.INSTANT},
    ),
    E.OBLIGATION_ESCALATED: EventTexts(
        G.OBLIGATIONS,
        ("逾期答复上报{title}", "技术需求{title}的“{kind}”自 {due_at} 起逾期未答复，现上报给您督办。"),
        (
            "Overdue answer escalated{title}",
            "The answer ({kind}) on the requirement{title}, due by {due_at}, is late and escalated to you.",
        ),
        {"kind": ObligationKind, "due_at": Kind.INSTANT},
    ),
    E.OBLIGATION_DIGEST: EventTexts(
        G.OBLIGATIONS,
        (
            "今日待答复：逾期 {overdue} 项，临期 {due} 项",
            "您负责的答复中，已逾期 {overdue} 项，三个工作日内到期 {due} 项，请登录办理。",
        ),
        (
            "Answers today: {overdue} overdue, {due} due",
            "Of the answers that are yours to give, {overdue} are overdue and {due} fall due within three working "
            "days. Sign in to see them.",
        ),
        {"overdue": Kind.NUMBER, "due": Kind.NUMBER},
    ),
    E.CALENDAR_UNKNOWN: EventTexts(
        G.OBLIGATIONS,
        (
            "{year} 年放假安排尚未录入",
            "有答复期限落在 {year} 年，该年放假与调休安排尚未录入，暂按周一至周五计算。请管理员在工作日历中录入。",
        ),
        (
            "The holidays of {year} are missing",
            "Deadlines reach into {year}, whose holidays nobody has entered; Monday to Friday are counted until an "
            "administrator enters the calendar.",
        ),
        {"year": Kind.NUMBER},
    ),
}
