"""The data dictionary: one module per concept with its tables, enumerations and allowed transitions."""

from app.kit.columns import Base
from app.models.access import ApiKey, BrowserSession, Membership, RefreshToken, Role, User
from app.models.agreement import Agreement, AgreementReport, Milestone, Payment
from app.models.analysis import RequirementAnalysis
from app.models.attachment import Attachment
from app.models.audit import AuditEntry, AuditHead
from app.models.calendar import CalendarYear
from app.models.challenge import Challenge, ChallengeEntry, ChallengeInvitee
from app.models.claim import ProfileClaim
from app.models.exchange import Export, Import, ImportRow
from app.models.idempotency import IdempotencyRecord
from app.models.indexing import IndexDocument, OutboxEntry
from app.models.interest import Interest
from app.models.invitation import Invitation
from app.models.job import Job
from app.models.learning import Judgment, RankerVersion
from app.models.ledger import (
    EscalationRule,
    LedgerDigest,
    Obligation,
    ObligationPause,
    Reopening,
    Response,
    ResponseAcknowledgement,
)
from app.models.letter import Letter
from app.models.matching import Candidate, MatchRound, PairRule, RoundExclusion, RoundResult, RoundTeam
from app.models.meeting import CalendarFeed, Meeting, MeetingParty, MeetingRoom, MeetingSession
from app.models.monitoring import IndicatorReport, IndicatorTarget, ReportRecipient
from app.models.notification import (
    Delivery,
    Notification,
    NotificationPreference,
    Webhook,
    WebhookPause,
)
from app.models.organization import Organization
from app.models.proposal import (
    ChallengeCriteria,
    Proposal,
    ProposalAssessment,
    ProposalCall,
    ProposalFile,
    ProposalScorecard,
    ProposalVersion,
)
from app.models.registration import Registration
from app.models.report import Report, ReportFile
from app.models.requirement import Requirement
from app.models.review import (
    ReviewAssignment,
    ReviewConflict,
    Scorecard,
    Statement,
    StatementReply,
)
from app.models.solver import Achievement, SolverProfile
from app.models.stage import ChallengeStage, StageChange, StageExtension
from app.models.subscription import Announcement, Subscription, SubscriptionHit

__all__ = [
    "Achievement",
    "Agreement",
    "AgreementReport",
    "Announcement",
    "ApiKey",
    "Attachment",
    "AuditEntry",
    "AuditHead",
    "Base",
    "BrowserSession",
    "CalendarFeed",
    "CalendarYear",
    "Candidate",
    "Challenge",
    "ChallengeCriteria",
    "ChallengeEntry",
    "ChallengeInvitee",
    "ChallengeStage",
    "Delivery",
    "EscalationRule",
    "Export",
    "IdempotencyRecord",
    "Import",
    "ImportRow",
    "IndexDocument",
    "IndicatorReport",
    "IndicatorTarget",
    "Interest",
    "Invitation",
    "Job",
    "Judgment",
    "LedgerDigest",
    "Letter",
    "MatchRound",
    "Meeting",
    "MeetingParty",
    "MeetingRoom",
    "MeetingSession",
    "Membership",
    "Milestone",
    "Notification",
    "NotificationPreference",
    "Obligation",
    "ObligationPause",
    "Organization",
    "OutboxEntry",
    "PairRule",
    "Payment",
    "ProfileClaim",
    "Proposal",
    "ProposalAssessment",
    "ProposalCall",
    "ProposalFile",
    "ProposalScorecard",
    "ProposalVersion",
    "RankerVersion",
    "RefreshToken",
    "Registration",
    "Reopening",
    "Report",
    "ReportFile",
    "ReportRecipient",
    "Requirement",
    "RequirementAnalysis",
    "Response",
    "ResponseAcknowledgement",
    "ReviewAssignment",
    "ReviewConflict",
    "Role",
    "RoundExclusion",
    "RoundResult",
    "RoundTeam",
    "Scorecard",
    "SolverProfile",
    "StageChange",
    "StageExtension",
    "Statement",
    "StatementReply",
    "Subscription",
    "SubscriptionHit",
    "User",
    "Webhook",
    "WebhookPause",
]
