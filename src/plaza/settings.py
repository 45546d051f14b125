"""The one table of settings: a name, a default and a sentence each."""

import difflib
import os
from collections.abc import Iterable, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_type_hints

import msgspec
from dotenv import dotenv_values
from msgspec import Meta, Struct

from plaza.platform.mistakes import mistake
from plaza.platform.starting import CannotStart, typed

PREFIX = "PLAZA_"
PREFIX_ONLY = {"prefix_only": True}
"""For names too common to be taken from the environment as they are: conda sets HOST."""
LEAST_HASH_COST = 7_168 * 5
"""KiB times passes: the least of OWASP's choices for argon2id."""

SECRET = {"secret": True}
"""Never shown."""

RATE = r"^[1-9]\d{0,5}/[1-9]\d{0,4}$(?!\n)"
"""Calls / seconds."""
RATE_MEANT = {"message": "This must be calls/seconds, like 20/5."}


class Settings(Struct, frozen=True, kw_only=True):
    """Each is read from the environment or `.env`, by its name in capitals.

    The same name after PLAZA_ wins, and an unknown PLAZA_* is refused: it would be a mistyped one.
    """

    environment: Annotated[
        Literal["development", "production"],
        Meta(description="`production` refuses what is only fit for one's own machine."),
    ] = "development"
    host: Annotated[
        str, Meta(min_length=1, description="The address to listen on.", extra=PREFIX_ONLY)
    ] = "127.0.0.1"
    port: Annotated[
        int, Meta(ge=0, le=65535, description="The port for HTTP; 0 takes any free one.")
    ] = 8000
    grpc_port: Annotated[
        int, Meta(ge=0, le=65535, description="The port for gRPC; 0 turns gRPC off.")
    ] = 8001
    data_dir: Annotated[
        str,
        Meta(
            min_length=1,
            description="The folder for everything Plaza keeps: data, keys, logs of its servers.",
            extra=PREFIX_ONLY,
        ),
    ] = "./.plaza"
    workers: Annotated[
        int, Meta(ge=1, le=256, description="How many web processes share the port.")
    ] = 1
    drain_seconds: Annotated[
        int, Meta(ge=0, le=3600, description="How long requests in flight may take at the end.")
    ] = 30
    request_seconds: Annotated[
        int, Meta(ge=1, le=3600, description="How long a request may take before it gets 504.")
    ] = 60
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Meta(description="What is worth a line."),
    ] = "info"
    access_log: Annotated[
        Literal["all", "sampled", "off"],
        Meta(description="Which requests are logged; errors and slow ones always are."),
    ] = "all"
    database_url: Annotated[
        str,
        Meta(
            pattern="^(postgres(ql)?://.+)?$",
            description="A PostgreSQL server (16 or newer) instead of Plaza's own.",
            extra=SECRET | {"message": "This must begin with postgresql:// or postgres://."},
        ),
    ] = ""
    redis_url: Annotated[
        str,
        Meta(
            pattern="^((rediss?|unix)://.+)?$",
            description="A Redis or Valkey server (6.2 or newer) instead of Plaza's own.",
            extra=SECRET | {"message": "This must begin with redis://, rediss:// or unix://."},
        ),
    ] = ""
    nats_url: Annotated[
        str,
        Meta(
            pattern="^((nats|tls|wss?)://.+)?$",
            description="A NATS server (2.12 or newer, with JetStream) instead of Plaza's own.",
            extra=SECRET | {"message": "This must begin with nats://, tls://, ws:// or wss://."},
        ),
    ] = ""
    public_url: Annotated[
        str,
        Meta(
            pattern="^(https?://[^/]+(/.*[^/])?)?$",
            description="Where clients reach this server; host and port when empty.",
            extra={"message": "This must begin with http:// or https:// and end without a slash."},
        ),
    ] = ""
    operator_user: Annotated[
        str,
        Meta(
            pattern="^[^:]*$",
            description="Who may see /v1/health and /v1/debug/vars by HTTP Basic; when empty, "
            "`admin` in development, nobody in production.",
            extra={"message": "This must be a name without a colon."},
        ),
    ] = ""
    operator_password: Annotated[
        str,
        Meta(
            description="The operator's password; when empty, `admin` in development, none in "
            "production.",
            extra=SECRET,
        ),
    ] = ""
    rate_limits: Annotated[
        Literal["on", "off"], Meta(description="Whether calls are counted; `off` for load tests.")
    ] = "on"
    rate_anonymous: Annotated[
        str,
        Meta(
            pattern=RATE,
            description="Calls without an account, from one address: how many in how many "
            "seconds; of IPv6 a /64 counts as one.",
            extra=RATE_MEANT,
        ),
    ] = "20/5"
    rate_user: Annotated[
        str, Meta(pattern=RATE, description="Calls of one account.", extra=RATE_MEANT)
    ] = "300/60"
    rate_credentials: Annotated[
        str,
        Meta(pattern=RATE, description="Tries at credentials, from one address.", extra=RATE_MEANT),
    ] = "30/60"
    rate_account: Annotated[
        str,
        Meta(
            pattern=RATE,
            description="Tries at one account's credentials, from one address.",
            extra=RATE_MEANT,
        ),
    ] = "5/60"
    cors_origins: Annotated[
        str,
        Meta(
            pattern=r"^((\*|https?://[^/,\s]+)(\s*,\s*(\*|https?://[^/,\s]+))*)?$",
            description="Origins whose pages may call from a browser, with commas between; `*` is "
            "any. When empty, those of this machine in development, none in production.",
            extra={"message": "These must be origins, like https://app.example.org, or `*`."},
        ),
    ] = ""
    cors_credentials: Annotated[
        bool, Meta(description="Whether browsers may send cookies along; never with `*`.")
    ] = False
    trusted_proxies: Annotated[
        str,
        Meta(
            description="Addresses or networks, with commas between, whose X-Forwarded-For and "
            "X-Forwarded-Proto are believed."
        ),
    ] = ""
    jwt_keys: Annotated[
        str,
        Meta(
            description="A JWK Set with an Ed25519 key and a secret, or the file it is in; "
            "made in the data folder when empty.",
            extra=SECRET,
        ),
    ] = ""
    jwt_issuer: Annotated[
        str, Meta(min_length=1, description="Who signs access tokens: their `iss`.")
    ] = "plaza"
    jwt_audience: Annotated[
        str, Meta(min_length=1, description="Whom access tokens are for: their `aud`.")
    ] = "plaza"
    jwt_seconds: Annotated[
        int, Meta(ge=60, le=3600, description="How long an access token is good for.")
    ] = 900
    password_memory_kib: Annotated[
        int, Meta(ge=64, le=2**22, description="Memory that one password hash takes (argon2id).")
    ] = 19_456
    password_passes: Annotated[int, Meta(ge=1, le=100, description="Passes over that memory.")] = 2
    password_threads: Annotated[
        int, Meta(ge=1, le=256, description="How many passwords one process hashes at a time.")
    ] = 2
    mail_url: Annotated[
        str,
        Meta(
            pattern="^((folder:|smtps?://|sendgrid://).+)?$",
            description="What carries mail: `folder:<path>`, `sendgrid://<key>`, "
            "`smtp://<user>:<password>@<host>`, or `smtps://`; the data folder when empty.",
            extra=SECRET
            | {"message": "This must begin with folder:, smtp://, smtps:// or sendgrid://."},
        ),
    ] = ""
    mail_from: Annotated[
        str,
        Meta(
            pattern=r"^\S.*@.*\S$",
            description="Who mail is from: `Name <name@example.org>`.",
            extra={"message": "This must be an address, like Name <name@example.org>."},
        ),
    ] = "Plaza <plaza@localhost>"
    mail_delivery: Annotated[
        Literal["job", "inline"],
        Meta(
            description="`inline` lets a registration wait for its letter and fail with it; "
            "a `job` sends it afterwards, and again if it must."
        ),
    ] = "job"

    @property
    def reached_at(self) -> str:
        """The public URL, without a slash at its end."""
        return self.public_url or f"http://{self.host}:{self.port}"

    @property
    def data(self) -> Path:
        return Path(self.data_dir).expanduser().absolute()


class Setting(Struct, frozen=True):
    """One row of the table; `names` are the variables it is read from, the winning one last."""

    field: str
    type: Any
    default: Any
    sentence: str
    names: tuple[str, ...]
    secret: bool


def table() -> list[Setting]:
    return list(_rows())


def load(environment: Mapping[str, str] = os.environ, dotenv: Path = Path(".env")) -> Settings:
    """The environment goes before the file; an empty value counts as none.

    Raises CannotStart naming every setting that is wrong, without its value: it may be secret.
    """
    written = {name: value for name, value in _read(dotenv).items() if value}
    values = written | {name: value for name, value in environment.items() if value}
    wrong = list(_unknown(values))
    chosen: dict[str, Any] = {}
    for setting in table():
        for name in setting.names:
            if name in values:
                try:
                    chosen[setting.field] = _convert(values[name], setting)
                except msgspec.ValidationError:
                    wrong.append(f"{name}: {_mistake(values[name], setting)}")
    settings = Settings(**chosen)
    wrong += _contradictions(settings)
    if wrong:
        raise CannotStart(
            "Wrong settings: " + "; ".join(wrong) + f". `{typed()} settings` lists all."
        )
    return settings


def _contradictions(settings: Settings) -> Iterable[str]:
    """What is wrong only beside something else, or more than a pattern can say."""
    if settings.environment == "production":
        yield from _unsafe(settings)
    if "*" in items(settings.cors_origins) and settings.cors_credentials:
        yield "CORS_ORIGINS: `*` with CORS_CREDENTIALS lets any page act for who is logged in"
    for each in items(settings.trusted_proxies):
        try:
            ip_network(each)
        except ValueError:
            yield f"TRUSTED_PROXIES: {each} is neither an address nor a network"


def _unsafe(settings: Settings) -> Iterable[str]:
    """What is fit for one's own machine only."""
    if not settings.public_url.startswith("https://"):
        yield "PUBLIC_URL: in production it is where people reach Plaza, by https"
    if settings.mail_url.startswith("folder:") or not settings.mail_url:
        yield "MAIL_URL: in production letters must reach people, not a folder"
    if settings.password_memory_kib * settings.password_passes < LEAST_HASH_COST:
        yield "PASSWORD_MEMORY_KIB and PASSWORD_PASSES: too cheap to guess at in production"


def items(listed: str) -> list[str]:
    """What stands between commas."""
    return [each.strip() for each in listed.split(",") if each.strip()]


def _convert(value: str, setting: Setting) -> Any:
    return msgspec.convert(value, setting.type, strict=False)


def _mistake(value: str, setting: Setting) -> str:
    bare, *metas = get_args(setting.type)
    return mistake(value, bare, metas, otherwise="it is not understood").removesuffix(".")


def _read(dotenv: Path) -> Mapping[str, str | None]:
    try:
        return dotenv_values(dotenv, interpolate=False) if dotenv.is_file() else {}
    except (OSError, UnicodeDecodeError) as error:
        raise CannotStart(f"{dotenv} could not be read: {error}") from None


def _rows() -> Iterable[Setting]:
    hints = get_type_hints(Settings, include_extras=True)
    for field in msgspec.structs.fields(Settings):
        (meta,) = (part for part in get_args(hints[field.name]) if isinstance(part, Meta))
        extra = meta.extra or {}
        name = field.name.upper()
        bare = () if "prefix_only" in extra else (name,)
        yield Setting(
            field=field.name,
            type=hints[field.name],
            default=field.default,
            sentence=meta.description or "",
            names=(*bare, PREFIX + name),
            secret="secret" in extra,
        )


def _unknown(names: Iterable[str]) -> Iterable[str]:
    known = {setting.field.upper() for setting in table()}
    for name in sorted(names):
        bare = name.removeprefix(PREFIX)
        if bare != name and bare not in known:
            alike = difflib.get_close_matches(bare, known, 1)
            yield f"{name} is not a setting" + (f", {PREFIX}{alike[0]} is" if alike else "")
