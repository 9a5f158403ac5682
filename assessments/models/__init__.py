"""What is stored of systems, of what their teams claim, and of the people at work on it."""

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
from assessments.models.together import Presence

__all__ = [
    "Answer",
    "Assessment",
    "AssessmentQuerySet",
    "AssessmentStatus",
    "Badge",
    "Lifecycle",
    "Presence",
    "System",
    "SystemQuerySet",
]
