"""Notifications (通知): what happened, who is told, over which channel, and what became of each delivery."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kit.clock import now
from app.kit.columns import Base, Identified, Labelled, UtcDateTime, Versioned, coded
from app.models.access import Membership


class Channel(Labelled):
    INBOX = "inbox", "站内消息"
    EMAIL = "email", "电子邮件"
    WEBHOOK = "webhook", "接口推送"


class EventGroup(Labelled):
    REQUIREMENTS = "requirements", "需求进展"
    INVITATIONS = "invitations", "邀约"
    SUBSCRIPTIONS = "subscriptions", "需求订阅"
    ACCOUNTS = "accounts", "注册与认领"
    PROPOSALS = "proposals", "解决方案"
    MEETINGS = "meetings", "对接会与现场赛"
    AGREEMENTS = "agreements", "合作协议"
    OBLIGATIONS = "obligations", "答复期限"
    CHALLENGES = "challenges", "赛事安排"
    MONITORING = "monitoring", "动态监测"
    SYSTEM = "system", "系统"
    SECURITY = "security", "账户安全"


class Event(Labelled):
    REQUIREMENT_SUBMITTED = "requirement_submitted", "需求已提交"
    REQUIREMENT_RETURNED = "requirement_returned", "需求被退回"
    REQUIREMENT_APPROVED = "requirement_approved", "需求审核通过"
    REQUIREMENT_PUBLISHED = "requirement_published", "需求已发布"
    REVIEW_ASSIGNED = "review_assigned", "需求待评审"
    REVIEW_CONFLICT = "review_conflict", "评审人回避"
    STATEMENT_WRITTEN = "statement_written", "凝练稿待确认"
    STATEMENT_REPLIED = "statement_replied", "凝练稿有回复"
    REQUIREMENT_WITHDRAWN = "requirement_withdrawn", "需求已撤回"
    RESPONSE_RECORDED = "response_recorded", "收到答复"
    CANDIDATES_PUBLISHED = "candidates_published", "匹配结果已公布"
    INVITATION_SENT = "invitation_sent", "收到邀约"
    INVITATION_REMINDER = "invitation_reminder", "邀约待回复"
    INVITATION_EXTENDED = "invitation_extended", "邀约回复期限延长"
    INVITATION_EXPIRED = "invitation_expired", "邀约已过期"
    INVITATION_ACCEPTED = "invitation_accepted", "邀约已接受"
    INVITATION_DECLINED = "invitation_declined", "邀约被谢绝"
    INVITATION_CANCELLED = "invitation_cancelled", "邀约已撤销"
    INTEREST_EXPRESSED = "interest_expressed", "收到揭榜意向"
    INTEREST_ANSWERED = "interest_answered", "揭榜意向有答复"
    PROPOSAL_RECEIVED = "proposal_received", "解决方案已收到"
    PROPOSAL_WITHDRAWN = "proposal_withdrawn", "解决方案已撤回"
    PROPOSAL_RESULT = "proposal_result", "解决方案评审结果"
    PROPOSAL_REMINDER = "proposal_reminder", "解决方案待提交"
    PROPOSALS_EXTENDED = "proposals_extended", "方案征集延期"
    PROPOSALS_CLOSED = "proposals_closed", "方案征集已截止"
    ASSESSMENT_ASSIGNED = "assessment_assigned", "方案评审任务"
    ASSESSMENT_RECUSED = "assessment_recused", "评审专家回避"
    ASSESSMENT_COMPLETED = "assessment_completed", "方案评分已收齐"
    AVAILABILITY_ASKED = "availability_asked", "请填报到场时间"
    MEETING_SCHEDULED = "meeting_scheduled", "对接会已安排"
    MEETING_CHANGED = "meeting_changed", "对接会有变更"
    MEETING_CANCELLED = "meeting_cancelled", "对接会已取消"
    AGREEMENT_SIGNED = "agreement_signed", "协议已签署"
    AGREEMENT_COMPLETED = "agreement_completed", "协议已完成"
    AGREEMENT_TERMINATED = "agreement_terminated", "协议已终止"
    PAYMENT_RECORDED = "payment_recorded", "到账已登记"
    REPORT_RECEIVED = "report_received", "履约报告已收到"
    REPORT_DECIDED = "report_decided", "履约报告已审核"
    QUESTION_ASKED = "question_asked", "需贵单位补充"
    RESPONSE_REOPENED = "response_reopened", "需求方要求重新答复"
    OBLIGATION_ASSIGNED = "obligation_assigned", "答复由您负责"
    OBLIGATION_RESUMED = "obligation_resumed", "答复恢复计时"
    OBLIGATION_DUE_SOON = "obligation_due_soon", "答复即将到期"
    OBLIGATION_OVERDUE = "obligation_overdue", "答复已逾期"
    OBLIGATION_ESCALATED = "obligation_escalated", "逾期答复已上报"
    OBLIGATION_DIGEST = "obligation_digest", "每日待答复提要"
    CALENDAR_UNKNOWN = "calendar_unknown", "放假安排未录入"
    STAGE_CHANGED = "stage_changed", "赛事阶段变更"
    STAGE_CLOSED = "stage_closed", "赛事阶段截止"
    DEADLINE_EXTENDED = "deadline_extended", "截止时间延长"
    ROUND_PUBLISHED = "round_published", "匹配轮次已发布"
    REGISTRATION_FILED = "registration_filed", "注册待审核"
    REGISTRATION_APPROVED = "registration_approved", "注册已通过"
    CLAIM_FILED = "claim_filed", "认领待审核"
    CLAIM_DECIDED = "claim_decided", "认领有结果"
    SUBSCRIPTION_HIT = "subscription_hit", "订阅命中新需求"
    SUBSCRIPTION_DIGEST = "subscription_digest", "订阅每日汇总"
    MONITORING_DRAFTED = "monitoring_drafted", "监测报告待发布"
    MONITORING_ISSUED = "monitoring_issued", "监测报告已发布"
    DOCUMENT_READY = "document_ready", "文书已生成"
    JOB_FAILED = "job_failed", "后台任务失败"
    WEBHOOK_TEST = "webhook_test", "接口推送测试"
    ACCOUNT_LOCKED = "account_locked", "账户已锁定"


class DeliveryStatus(Labelled):
    WAITING = "waiting", "待发送"
    SENT = "sent", "已送达"
    PARKED = "parked", "已搁置"
    SKIPPED = "skipped", "不再发送"


class Notification(Identified, Base):
    """One event told to one person: ids, codes, numbers and instants; words are made when it is read.

    `dedup_key` is unique per person: the same event noted twice under one key is told once. `organization_id`
    is the unit on whose behalf the person is told; whoever has left that unit no longer sees the row. What
    the event is about is named without foreign keys: a notification outlives its subject.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("user_id", "dedup_key"),
        Index("ix_notifications_user_id_id", "user_id", "id"),
        Index("ix_notifications_created_at", "created_at"),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    organization_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organizations.id"), index=True)
    event: Mapped[Event] = mapped_column(coded(Event))
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[uuid.UUID]
    requirement_id: Mapped[uuid.UUID | None]
    challenge_id: Mapped[uuid.UUID | None]
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    dedup_key: Mapped[str] = mapped_column(String(160))
    is_in_inbox: Mapped[bool] = mapped_column(default=True)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class NotificationPreference(Base):
    """What a person wants: the language of messages (None: the service's), and the switches that are off.

    `switched_off` holds `group:channel` codes. A person without a row gets everything.
    """

    __tablename__ = "notification_preferences"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    language: Mapped[str | None] = mapped_column(String(2))
    switched_off: Mapped[list[str]] = mapped_column(JSON, default=list)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, onupdate=now)


class Webhook(Versioned, Base):
    """An address of a REST client that is told what its membership's holder is told.

    The secret is not stored: it is derived from the service's secret key and `secret_salt`; `secret_hash`
    tells whether the derivation still gives what the client was shown.
    """

    __tablename__ = "webhooks"

    membership_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("memberships.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(String(100), default="")
    url: Mapped[str] = mapped_column(String(500))
    events: Mapped[list[str]] = mapped_column(JSON, default=list)
    """Codes of the events that are sent; empty for all."""
    is_active: Mapped[bool] = mapped_column(default=True)
    secret_salt: Mapped[str] = mapped_column(String(64))
    secret_hash: Mapped[str] = mapped_column(String(64))

    membership: Mapped[Membership] = relationship(lazy="raise_on_sql")


class WebhookPause(Base):
    """A receiver that failed: how often in a row, and until when it is left alone.

    A dead receiver costs one attempt per pause, however much waits for it, and holds nobody else up. It is a
    row of its own because it is the worker's business: the webhook's version stays the client's.
    """

    __tablename__ = "webhook_pauses"

    webhook_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("webhooks.id", ondelete="CASCADE"), primary_key=True
    )
    failures: Mapped[int] = mapped_column(default=0)
    retry_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Delivery(Identified, Base):
    """One notification on its way over one channel to one address (an e-mail address, or a webhook's id).

    The id is the e-mail's Message-ID and the webhook's delivery id: it stays the same for every attempt, so a
    receiver can tell a repetition. `claim` is drawn anew by every worker that takes the row.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("notification_id", "channel", "address"),
        Index("ix_deliveries_channel_status_due_at", "channel", "status", "due_at"),
        Index("ix_deliveries_webhook_id_id", "webhook_id", "id"),
        Index("ix_deliveries_finished_at", "finished_at"),
    )

    notification_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("notifications.id", ondelete="CASCADE"))
    channel: Mapped[Channel] = mapped_column(coded(Channel))
    address: Mapped[str] = mapped_column(String(254))
    webhook_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    status: Mapped[DeliveryStatus] = mapped_column(coded(DeliveryStatus), default=DeliveryStatus.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    waiting_since: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    claim: Mapped[uuid.UUID | None]
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    code: Mapped[str] = mapped_column(String(60), default="")
    """How the last attempt ended, when it failed."""
    http_status: Mapped[int | None]
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    notification: Mapped[Notification] = relationship(lazy="raise_on_sql")
