"""Why this context says no."""

from plaza.platform.problems import Kind, Problem


class PostNotFound(Problem):
    kind, code, title = Kind.NOT_FOUND, "posts.not_found", "There is no such post"


class NotTheAuthor(Problem):
    kind, code, title = Kind.FORBIDDEN, "posts.not_the_author", "This post is another person's"


class CommentNotFound(Problem):
    kind, code, title = Kind.NOT_FOUND, "posts.comment_not_found", "There is no such comment"


class NotTheCommenter(Problem):
    kind, code = Kind.FORBIDDEN, "posts.not_the_commenter"
    title = "This comment is another person's"
