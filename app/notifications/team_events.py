"""The words of the events that concern teams: how they come in, what they follow, invitations and proposals."""

from __future__ import annotations

from app.models.claim import ClaimStatus
from app.models.interest import InterestStatus
from app.models.notification import Event, EventGroup
from app.notifications.event_texts import EventTexts, Kind

G, E = EventGroup, Event

TEAM_EVENTS: dict[Event, EventTexts] = {
    E.REGISTRATION_FILED: EventTexts(
        G.ACCOUNTS,
        ("有注册申请待审核", "有新的注册申请，请核对身份后通过或退回。"),
        ("Registrations to decide", "Somebody asks for an account. Check who it is, then approve or refuse."),
    ),
    E.REGISTRATION_APPROVED: EventTexts(
        G.ACCOUNTS,
        ("注册已通过", "您的注册申请已通过，可用注册时的邮箱和密码登录。"),
        ("Your registration is approved", "Sign in with the e-mail address and password you registered."),
    ),
    E.CLAIM_FILED: EventTexts(
        G.ACCOUNTS,
        ("有认领申请待审核", "有单位申请认领导入的解决方档案或成果，请审核。"),
        ("A claim to decide", "A unit claims an imported profile or achievement. Please decide."),
    ),
    E.CLAIM_DECIDED: EventTexts(
        G.ACCOUNTS,
        ("认领申请有结果", "贵单位的认领申请：{decision}，说明可登录查看。"),
        ("Your claim was decided", "Your unit's claim is {decision}. Sign in to read why."),
        {"decision": ClaimStatus},
    ),
    E.SUBSCRIPTION_HIT: EventTexts(
        G.SUBSCRIPTIONS,
        ("新需求符合您的订阅{title}", "新发布的技术需求{title}符合您的一项订阅，请登录查看。"),
        (
            "A new requirement fits your subscription{title}",
            "The newly published requirement{title} fits one of your subscriptions. Sign in to read it.",
        ),
    ),
    E.SUBSCRIPTION_DIGEST: EventTexts(
        G.SUBSCRIPTIONS,
        ("订阅汇总：{count} 项新需求", "您的一项订阅有 {count} 项新发布的技术需求，请登录查看。"),
        (
            "Your subscription: new requirements",
            "One of your subscriptions has newly published requirements: {count}. Sign in to read them.",
        ),
        {"count": Kind.NUMBER},
    ),
    E.INTEREST_EXPRESSED: EventTexts(
        G.INVITATIONS,
        ("有团队有意揭榜{title}", "有团队表示愿意参与技术需求{title}，请登录查看。"),
        (
            "A team is interested in the requirement{title}",
            "A team would like to work on the requirement{title}. Sign in to read what it says.",
        ),
    ),
    E.INTEREST_ANSWERED: EventTexts(
        G.INVITATIONS,
        ("揭榜意向有答复{title}", "贵团队对技术需求{title}的揭榜意向：{decision}，理由请登录查看。"),
        (
            "Your interest was answered{title}",
            "Your team's interest in the requirement{title} is {decision}. Sign in to read why.",
        ),
        {"decision": InterestStatus},
    ),
    E.INVITATION_SENT: EventTexts(
        G.INVITATIONS,
        ("邀请您揭榜{title}", "邀请您的团队参与技术需求{title}，请在 {reply_by} 前回复。"),
        (
            "Invitation to requirement{title}",
            "Your team is invited to work on the requirement{title}. Please reply by {reply_by}.",
        ),
        {"reply_by": Kind.INSTANT},
    ),
    E.INVITATION_REMINDER: EventTexts(
        G.INVITATIONS,
        ("邀约{title}等待您的回复", "技术需求{title}的邀约尚未回复，回复截止时间为 {reply_by}。"),
        (
            "Invitation to requirement{title} awaits your reply",
            "The invitation to the requirement{title} is still open; please reply by {reply_by}.",
        ),
        {"reply_by": Kind.INSTANT},
    ),
    E.INVITATION_EXTENDED: EventTexts(
        G.INVITATIONS,
        ("邀约{title}的回复期限延长", "技术需求{title}的邀约回复截止时间延长至 {reply_by}。"),
        (
            "More time to reply to the invitation{title}",
            "The invitation to the requirement{title} can now be answered until {reply_by}.",
        ),
        {"reply_by": Kind.INSTANT},
    ),
    E.INVITATION_EXPIRED: EventTexts(
        G.INVITATIONS,
        ("邀约{title}已过期", "技术需求{title}的邀约在截止时间前未获回复，已过期。"),
        (
            "Invitation to requirement{title} expired",
            "The invitation to the requirement{title} was not answered in time and has expired.",
        ),
    ),
    E.INVITATION_ACCEPTED: EventTexts(
        G.INVITATIONS,
        ("邀约{title}已被接受", "受邀团队已接受技术需求{title}的邀约。"),
        (
            "Invitation to requirement{title} accepted",
            "The invited team accepted the invitation to the requirement{title}.",
        ),
    ),
    E.INVITATION_DECLINED: EventTexts(
        G.INVITATIONS,
        ("邀约{title}被谢绝", "受邀团队谢绝了技术需求{title}的邀约，理由可登录查看。"),
        (
            "Invitation to requirement{title} declined",
            "The invited team declined the invitation to the requirement{title}. Sign in to read why.",
        ),
    ),
    E.INVITATION_CANCELLED: EventTexts(
        G.INVITATIONS,
        ("邀约{title}已撤销", "技术需求{title}的邀约已撤销，原因可登录查看。"),
        (
            "Invitation to requirement{title} taken back",
            "The invitation to the requirement{title} was taken back. Sign in to read why.",
        ),
    ),
    E.PROPOSAL_RECEIVED: EventTexts(
        G.PROPOSALS,
        ("解决方案回执{title}", "已于 {received_at} 收到针对技术需求{title}的解决方案（第 {number} 版）。"),
        (
            "Receipt for proposal{title}",
            "Version {number} of the proposal for the requirement{title} was received at {received_at}.",
        ),
        {"number": Kind.NUMBER, "received_at": Kind.INSTANT},
    ),
    E.PROPOSAL_WITHDRAWN: EventTexts(
        G.PROPOSALS,
        ("解决方案已撤回{title}", "针对技术需求{title}的一份解决方案已撤回。"),
        ("Proposal withdrawn{title}", "A proposal for the requirement{title} was withdrawn."),
    ),
    E.PROPOSAL_RESULT: EventTexts(
        G.PROPOSALS,
        ("解决方案评审结果{title}", "针对技术需求{title}的解决方案已有评审结果，结论与理由请登录查看。"),
        (
            "Result for proposal{title}",
            "The proposal for the requirement{title} has a result. Sign in to read it with its reasons.",
        ),
    ),
    E.PROPOSAL_REMINDER: EventTexts(
        G.PROPOSALS,
        (
            "解决方案待提交{title}",
            "贵团队已接受技术需求{title}的邀约，尚未提交解决方案，征集于 {closes_at} 截止。",
        ),
        (
            "Proposal still to be submitted{title}",
            "Your team accepted the invitation to the requirement{title} and has not submitted a proposal yet; "
            "the call closes at {closes_at}.",
        ),
        {"closes_at": Kind.INSTANT},
    ),
    E.PROPOSALS_EXTENDED: EventTexts(
        G.PROPOSALS,
        ("方案征集延期{title}", "技术需求{title}的方案征集截止时间延长至 {closes_at}。"),
        (
            "Call for proposals extended{title}",
            "The call for proposals on the requirement{title} now closes at {closes_at}.",
        ),
        {"closes_at": Kind.INSTANT},
    ),
    E.PROPOSALS_CLOSED: EventTexts(
        G.PROPOSALS,
        (
            "方案征集已截止{title}",
            "技术需求{title}的方案征集已截止，收到 {count} 份解决方案，请指派评审专家。",
        ),
        (
            "Call for proposals closed{title}",
            "The call for proposals on the requirement{title} is closed: {count} received. Assign reviewers.",
        ),
        {"count": Kind.NUMBER},
    ),
    E.ASSESSMENT_ASSIGNED: EventTexts(
        G.PROPOSALS,
        ("方案评审任务{title}", "请评审技术需求{title}的解决方案：先声明是否存在利益冲突，再逐份评分。"),
        (
            "Proposals to assess{title}",
            "You are asked to assess the proposals for the requirement{title}: declare first whether you have a "
            "conflict of interest, then score each.",
        ),
    ),
    E.ASSESSMENT_RECUSED: EventTexts(
        G.PROPOSALS,
        ("评审专家回避{title}", "技术需求{title}的一位评审专家声明回避，请另行指派。"),
        (
            "Reviewer recused{title}",
            "A reviewer of the proposals for the requirement{title} stepped back; please assign another.",
        ),
    ),
    E.ASSESSMENT_COMPLETED: EventTexts(
        G.PROPOSALS,
        ("方案评分已收齐{title}", "技术需求{title}的解决方案评分表已全部提交，可以公布结果。"),
        (
            "All scorecards are in{title}",
            "All scorecards for the proposals on the requirement{title} are in; the result can be given.",
        ),
    ),
}
