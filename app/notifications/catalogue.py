"""The words of every event in both languages, and what an event may carry. Rendering is left to `rendering`.

Sentences name parameters in braces; `{title}` is the requirement's or challenge's name in quotation marks, or
nothing where it must not be said, so every sentence also reads well without it.
"""

from __future__ import annotations

from app.models.agreement import ReportKind, ReportStatus
from app.models.ledger import ResponseKind
from app.models.monitoring import PeriodKind
from app.models.notification import Channel, Event, EventGroup
from app.models.report import ReportKind as DocumentKind
from app.models.requirement import ReturnReason
from app.models.stage import StageKind
from app.notifications.event_texts import EventTexts, Kind, Parameter
from app.notifications.ledger_events import LEDGER_EVENTS
from app.notifications.team_events import TEAM_EVENTS

__all__ = ["EVENTS", "MANDATORY", "EventTexts", "Kind", "Parameter", "group_of"]


MANDATORY: dict[EventGroup, frozenset[Channel]] = {
    EventGroup.SECURITY: frozenset({Channel.INBOX, Channel.EMAIL}),
}
"""Channels that nobody can switch off."""

G, E = EventGroup, Event

EVENTS: dict[Event, EventTexts] = {
    **TEAM_EVENTS,
    **LEDGER_EVENTS,
    E.REQUIREMENT_SUBMITTED: EventTexts(
        G.REQUIREMENTS,
        ("技术需求{title}已提交", "技术需求{title}已提交，等待形式审核。"),
        ("Requirement{title} submitted", "The requirement{title} was submitted and awaits formal review."),
    ),
    E.REQUIREMENT_RETURNED: EventTexts(
        G.REQUIREMENTS,
        ("技术需求{title}被退回", "技术需求{title}被退回补正，原因：{reason}。请修改后重新提交。"),
        (
            "Requirement{title} returned",
            "The requirement{title} was returned. Reason: {reason}. Please correct it and submit it again.",
        ),
        {"reason": ReturnReason},
    ),
    E.REQUIREMENT_APPROVED: EventTexts(
        G.REQUIREMENTS,
        ("技术需求{title}审核通过", "技术需求{title}已通过审核，将列入赛题清单。"),
        ("Requirement{title} approved", "The requirement{title} passed its review and will be published."),
    ),
    E.REQUIREMENT_PUBLISHED: EventTexts(
        G.REQUIREMENTS,
        ("技术需求{title}已发布", "技术需求{title}已发布，开始寻找解决方。"),
        (
            "Requirement{title} published",
            "The requirement{title} is published; the search for solvers begins.",
        ),
    ),
    E.REVIEW_ASSIGNED: EventTexts(
        G.REQUIREMENTS,
        ("技术需求{title}请您评审", "技术需求{title}已分配给您评审；如有利益关系，请申报回避。"),
        (
            "Requirement{title} to review",
            "The requirement{title} is yours to review. Declare a conflict of interest if you have one.",
        ),
    ),
    E.REVIEW_CONFLICT: EventTexts(
        G.REQUIREMENTS,
        ("技术需求{title}的评审人回避", "技术需求{title}的一位评审人申报回避，请另行分配。"),
        (
            "A reviewer of the requirement{title} steps back",
            "A reviewer of the requirement{title} declared a conflict of interest. Please assign another.",
        ),
    ),
    E.STATEMENT_WRITTEN: EventTexts(
        G.REQUIREMENTS,
        ("技术需求{title}的凝练稿请您确认", "技术需求{title}有新的凝练稿，请登录查看，可确认或提出意见。"),
        (
            "Requirement{title} was restated",
            "The requirement{title} has a new public statement. Sign in to confirm it or to comment.",
        ),
    ),
    E.STATEMENT_REPLIED: EventTexts(
        G.REQUIREMENTS,
        ("技术需求{title}的凝练稿有回复", "需求单位对技术需求{title}的凝练稿作了回复，请登录查看。"),
        (
            "Reply to the statement of requirement{title}",
            "The seeker replied to the statement of the requirement{title}. Sign in to read it.",
        ),
    ),
    E.REQUIREMENT_WITHDRAWN: EventTexts(
        G.REQUIREMENTS,
        ("技术需求{title}已撤回", "技术需求{title}已撤回，相关邀约与方案不再继续。"),
        (
            "Requirement{title} withdrawn",
            "The requirement{title} was withdrawn; invitations and proposals for it end here.",
        ),
    ),
    E.RESPONSE_RECORDED: EventTexts(
        G.REQUIREMENTS,
        ("技术需求{title}有新的答复", "技术需求{title}收到新的答复（{kind}），请登录查看全文。"),
        (
            "New answer to requirement{title}",
            "The requirement{title} has a new answer ({kind}). Sign in to read it.",
        ),
        {"kind": ResponseKind},
    ),
    E.CANDIDATES_PUBLISHED: EventTexts(
        G.REQUIREMENTS,
        ("技术需求{title}的匹配结果已公布", "已为技术需求{title}找到 {count} 个候选解决方，请登录查看。"),
        (
            "Candidates for requirement{title}",
            "Candidates found for the requirement{title}: {count}. Sign in to see them.",
        ),
        {"count": Kind.NUMBER},
    ),
    E.AVAILABILITY_ASKED: EventTexts(
        G.MEETINGS,
        ("请填报到场时间{title}", "对接会{title}正在筹备，请在 {until} 之前登录填报可到场的时间。"),
        (
            "When can you come{title}?",
            "Meetings{title} are being prepared. Sign in before {until} to say when you can come.",
        ),
        {"until": Kind.INSTANT},
    ),
    E.MEETING_SCHEDULED: EventTexts(
        G.MEETINGS,
        ("对接会安排{title}", "对接会{title}定于 {starts_at} 开始，地点与对接对象请登录查看。"),
        (
            "Meeting scheduled{title}",
            "The meeting{title} starts at {starts_at}. Sign in for the place and whom you meet.",
        ),
        {"starts_at": Kind.INSTANT},
    ),
    E.MEETING_CHANGED: EventTexts(
        G.MEETINGS,
        ("对接会变更{title}", "对接会{title}的安排有变更，现定于 {starts_at} 开始，详情请登录查看。"),
        (
            "Meeting changed{title}",
            "The meeting{title} has changed and now starts at {starts_at}. Sign in for details.",
        ),
        {"starts_at": Kind.INSTANT},
    ),
    E.MEETING_CANCELLED: EventTexts(
        G.MEETINGS,
        ("对接会取消{title}", "原定于 {starts_at} 的对接会{title}已取消。"),
        ("Meeting cancelled{title}", "The meeting{title} planned for {starts_at} is cancelled."),
        {"starts_at": Kind.INSTANT},
    ),
    E.AGREEMENT_SIGNED: EventTexts(
        G.AGREEMENTS,
        ("协议已签署{title}", "技术需求{title}的合作协议已登记签署。"),
        ("Agreement signed{title}", "An agreement on the requirement{title} was signed and recorded."),
    ),
    E.AGREEMENT_COMPLETED: EventTexts(
        G.AGREEMENTS,
        ("协议已完成{title}", "技术需求{title}的合作协议已履行完毕。"),
        ("Agreement completed{title}", "The agreement on the requirement{title} was carried out."),
    ),
    E.AGREEMENT_TERMINATED: EventTexts(
        G.AGREEMENTS,
        ("协议已终止{title}", "技术需求{title}的合作协议已终止，原因请登录查看。"),
        (
            "Agreement terminated{title}",
            "The agreement on the requirement{title} was terminated. Sign in to read why.",
        ),
    ),
    E.REPORT_RECEIVED: EventTexts(
        G.AGREEMENTS,
        ("收到履约报告{title}", "技术需求{title}的合作协议收到{kind}，请审核。"),
        (
            "Report received{title}",
            "A {kind} report under the agreement on the requirement{title} awaits its review.",
        ),
        {"kind": ReportKind},
    ),
    E.REPORT_DECIDED: EventTexts(
        G.AGREEMENTS,
        ("履约报告审核结果{title}", "技术需求{title}的合作协议的{kind}：{decision}，详情请登录查看。"),
        (
            "Report reviewed{title}",
            "The {kind} report under the agreement on the requirement{title} is {decision}. Sign in for details.",
        ),
        {"kind": ReportKind, "decision": ReportStatus},
    ),
    E.PAYMENT_RECORDED: EventTexts(
        G.AGREEMENTS,
        ("到账登记{title}", "技术需求{title}的合作协议新登记一笔到账，金额请登录查看。"),
        (
            "Payment recorded{title}",
            "A payment under the agreement on the requirement{title} was recorded. Sign in for the amount.",
        ),
    ),
    E.STAGE_CHANGED: EventTexts(
        G.CHALLENGES,
        ("赛事{title}进入新阶段：{stage}", "赛事{title}已进入“{stage}”阶段，截止时间为 {closes_at}。"),
        (
            "Challenge{title}: the stage {stage} begins",
            "The challenge{title} entered the stage {stage}, which closes at {closes_at}.",
        ),
        {"stage": StageKind, "closes_at": Kind.INSTANT},
    ),
    E.STAGE_CLOSED: EventTexts(
        G.CHALLENGES,
        ("赛事{title}阶段截止：{stage}", "赛事{title}的“{stage}”阶段已于 {closes_at} 截止。"),
        (
            "Challenge{title}: the stage {stage} is over",
            "The stage {stage} of the challenge{title} closed at {closes_at}.",
        ),
        {"stage": StageKind, "closes_at": Kind.INSTANT},
    ),
    E.DEADLINE_EXTENDED: EventTexts(
        G.CHALLENGES,
        ("赛事{title}延期：{stage}", "赛事{title}“{stage}”阶段的截止时间延长至 {closes_at}。"),
        (
            "Challenge{title}: deadline extended",
            "The stage {stage} of the challenge{title} now closes at {closes_at}.",
        ),
        {"stage": StageKind, "closes_at": Kind.INSTANT},
    ),
    E.ROUND_PUBLISHED: EventTexts(
        G.CHALLENGES,
        ("赛事{title}匹配轮次已发布", "赛事{title}的匹配轮次已发布，涉及 {count} 项技术需求。"),
        (
            "Challenge{title}: match round published",
            "A match round of the challenge{title} is published. Requirements: {count}.",
        ),
        {"count": Kind.NUMBER},
    ),
    E.MONITORING_DRAFTED: EventTexts(
        G.MONITORING,
        (
            "动态监测{kind}草稿已生成：{year} 年第 {number} 期",
            "已生成 {count} 份动态监测{kind}草稿，请登录核对后发布。",
        ),
        (
            "Monitoring reports drafted ({kind} {number}, {year})",
            "Monitoring reports drafted: {count}. Sign in to check and issue them.",
        ),
        {"kind": PeriodKind, "year": Kind.NUMBER, "number": Kind.NUMBER, "count": Kind.NUMBER},
    ),
    E.MONITORING_ISSUED: EventTexts(
        G.MONITORING,
        (
            "动态监测{kind}已发布：{year} 年第 {number} 期（第 {edition} 版）",
            "您负责区县的动态监测{kind}（{year} 年第 {number} 期，第 {edition} 版）已发布，请登录查看并下载。",
        ),
        (
            "Monitoring report issued ({kind} {number}, {year}; edition {edition})",
            "The monitoring report on your district ({kind} {number}, {year}; edition {edition}) is issued. Sign in "
            "to read and download it.",
        ),
        {"kind": PeriodKind, "year": Kind.NUMBER, "number": Kind.NUMBER, "edition": Kind.NUMBER},
    ),
    E.DOCUMENT_READY: EventTexts(
        G.SYSTEM,
        ("{kind}已生成", "您要的{kind}{title}已生成，可登录下载。"),
        ("{kind} ready", "The document you ordered is ready{title}: {kind}. Sign in to download it."),
        {"kind": DocumentKind},
    ),
    E.JOB_FAILED: EventTexts(
        G.SYSTEM,
        ("后台任务失败", "一项后台任务失败（错误代码 {code}），可登录查看原因并重试。"),
        ("A job failed", "A job failed (error code {code}). Sign in to see why and to retry it."),
        {"code": Kind.CODE},
    ),
    E.WEBHOOK_TEST: EventTexts(
        G.SYSTEM,
        ("接口推送测试", "这是一条测试推送。"),
        ("Webhook test", "This is a test."),
    ),
    E.ACCOUNT_LOCKED: EventTexts(
        G.SECURITY,
        (
            "账户已锁定",
            "您的账户因多次登录失败被锁定至 {locked_until}。如非本人操作，请尽快修改密码并告知管理员。",
        ),
        (
            "Your account is locked",
            "After several failed sign-ins your account is locked until {locked_until}. If this was not you, "
            "change your password soon and tell the administrator.",
        ),
        {"locked_until": Kind.INSTANT},
    ),
}
"""Every event has its words here; a test holds the table complete."""


def group_of(event: Event) -> EventGroup:
    """The group under which people switch the event on and off."""
    return EVENTS[event].group
