"""Why this context says no."""

from plaza.platform.problems import Kind, Problem


class UsernameTaken(Problem):
    """Or a name that looks the same is."""

    kind, code, title = Kind.CONFLICT, "accounts.username_taken", "This username is taken"


class EmailTaken(Problem):
    kind, code, title = Kind.CONFLICT, "accounts.email_taken", "This address has an account"


class _TokenGone(Problem):
    """Three reasons, one title: only the code differs."""

    kind, title = Kind.GONE, "This token does not work, or does not any more"


class TokenUnknown(_TokenGone):
    code = "accounts.token_unknown"


class TokenUsed(_TokenGone):
    code = "accounts.token_used"


class TokenExpired(_TokenGone):
    code = "accounts.token_expired"


class LoginFailed(Problem):
    """One text, whether the name or the password is wrong."""

    kind, code = Kind.UNAUTHENTICATED, "accounts.login_failed"
    title = "The name or the password is wrong"


class RefreshRefused(Problem):
    """Unknown, expired, revoked or used before: log in again."""

    kind, code = Kind.UNAUTHENTICATED, "accounts.refresh_refused"
    title = "A valid refresh token is required"


class AccountPending(Problem):
    kind, code = Kind.FORBIDDEN, "accounts.pending"
    title = "The account is not activated yet; its token was sent by mail"


class AccountBanned(Problem):
    kind, code, title = Kind.FORBIDDEN, "accounts.banned", "The account is banned"


class AccountDeleted(Problem):
    kind, code, title = Kind.FORBIDDEN, "accounts.deleted", "The account is being deleted"


class WrongPassword(Problem):
    kind, code, title = Kind.FORBIDDEN, "accounts.wrong_password", "The current password is wrong"
