"""What this context announces. Fields may be added, never renamed or removed."""

from plaza.platform.events import Event, Outdated
from plaza.platform.ids import UserId, Version

PROFILE = "people.profile"
"""What processes remember by a person's id: the profile with its counts."""


class ProfileEdited(Event, frozen=True, kw_only=True):
    topic = "people.profile_edited"

    user_id: UserId
    version: Version

    @property
    def key(self) -> UserId:
        return self.user_id

    @property
    def outdates(self) -> Outdated:
        return {PROFILE: [self.user_id]}


class _FollowEvent(Event, frozen=True, kw_only=True):
    follower_id: UserId
    followed_id: UserId

    @property
    def key(self) -> UserId:
        return self.follower_id

    @property
    def outdates(self) -> Outdated:
        return {PROFILE: [self.follower_id, self.followed_id]}


class Followed(_FollowEvent, frozen=True, kw_only=True):
    topic = "people.followed"


class Unfollowed(_FollowEvent, frozen=True, kw_only=True):
    topic = "people.unfollowed"
