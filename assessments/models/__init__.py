"""What is stored of systems, of what their teams claim, and of the people at work on it."""

from assessments.models.attachments import Attachment, Upload
from assessments.models.core import (
    Answer,
    Assessment,
    AssessmentQuerySet,
    AssessmentStatus,
    Badge,
    Lifecycle,
    System,
    SystemQuerySet,
)
from assessments.models.events import EventKind, SystemEvent
from assessments.models.initiatives import STEP_LEVELS, Initiative, InitiativeStep
from assessments.models.sessions import Ballot, Choice, Participant, Round, SessionStatus, Tally, TeamSession
from assessments.models.together import Comment, Presence, Thread

__all__ = [
    "STEP_LEVELS",
    "Answer",
    "Assessment",
    "AssessmentQuerySet",
    "AssessmentStatus",
    "Attachment",
    "Badge",
    "Ballot",
    "Choice",
    "Comment",
    "EventKind",
    "Initiative",
    "InitiativeStep",
    "Lifecycle",
    "Participant",
    "Presence",
    "Round",
    "SessionStatus",
    "System",
    "SystemEvent",
    "SystemQuerySet",
    "Tally",
    "TeamSession",
    "Thread",
    "Upload",
]
