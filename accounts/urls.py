"""Addresses of people, organisations' members and tokens. Those of signing in are django-allauth's, below `/accounts/`."""

from django.urls import path

from accounts.views.account import account, leave
from accounts.views.activity import activity
from accounts.views.home import home
from accounts.views.invitations import invitation, invitation_resend, invitation_revoke, invite
from accounts.views.members import member_list, member_remove, member_role
from accounts.views.setup import setup
from accounts.views.teams import team, team_list, team_new
from accounts.views.tokens import token_list, token_new, token_revoke

ORGANISATION = "o/<slug:organisation>/"

urlpatterns = [
    path("", home, name="home"),
    path("setup/", setup, name="setup"),
    path("account/", account, name="account"),
    path("invitations/<str:secret>/", invitation, name="invitation"),
    path(ORGANISATION + "leave/", leave, name="leave"),
    path(ORGANISATION + "activity/", activity, name="activity"),
    path(ORGANISATION + "members/", member_list, name="members"),
    path(ORGANISATION + "members/invite/", invite, name="invite"),
    path(ORGANISATION + "members/<int:member>/role/", member_role, name="member-role"),
    path(ORGANISATION + "members/<int:member>/remove/", member_remove, name="member-remove"),
    path(ORGANISATION + "invitations/<int:invitation>/resend/", invitation_resend, name="invitation-resend"),
    path(ORGANISATION + "invitations/<int:invitation>/revoke/", invitation_revoke, name="invitation-revoke"),
    path(ORGANISATION + "teams/", team_list, name="teams"),
    path(ORGANISATION + "new-team/", team_new, name="team-new"),
    path(ORGANISATION + "teams/<slug:slug>/", team, name="team"),
    path(ORGANISATION + "tokens/", token_list, name="tokens"),
    path(ORGANISATION + "tokens/new/", token_new, name="token-new"),
    path(ORGANISATION + "tokens/<int:token>/revoke/", token_revoke, name="token-revoke"),
]
