"""Settings come from the environment and `.env`, and what is wrong is said at once."""

from typing import get_args

import pytest

from plaza.platform.starting import CannotStart
from plaza.settings import Settings, load, table


@pytest.fixture
def dotenv(tmp_path):
    return tmp_path / ".env"


def test_nothing_has_to_be_set(dotenv):
    assert load({}, dotenv) == Settings()


def test_the_name_with_the_prefix_wins(dotenv):
    assert load({"PORT": "1", "PLAZA_PORT": "2"}, dotenv).port == 2
    assert load({"PORT": "1"}, dotenv).port == 1


def test_the_environment_goes_before_the_file(dotenv):
    dotenv.write_text("PORT=1\nWORKERS=3\n# a comment\nexport GRPC_PORT='5'\n")
    told = load({"PORT": "2"}, dotenv)
    assert (told.port, told.workers, told.grpc_port) == (2, 3, 5)


def test_a_dollar_in_a_password_stays_one(dotenv):
    dotenv.write_text("DATABASE_URL=postgresql://ada:pa$HOME@db/plaza\n")
    assert load({}, dotenv).database_url == "postgresql://ada:pa$HOME@db/plaza"


def test_an_empty_value_counts_as_none(dotenv):
    dotenv.write_text("PLAZA_PORT=\nDATABASE_URL\n")
    assert load({"PORT": "", "PLAZA_WORKERS": ""}, dotenv) == Settings()


def test_names_that_others_use_are_read_with_the_prefix_only(dotenv):
    told = load({"HOST": "x86_64-conda-linux-gnu", "PLAZA_DATA_DIR": "/ada"}, dotenv)
    assert (told.host, told.data_dir) == ("127.0.0.1", "/ada")


def test_a_mistyped_name_is_refused_with_the_right_one(dotenv):
    with pytest.raises(CannotStart, match=r"PLAZA_PROT is not a setting, PLAZA_PORT is"):
        load({"PLAZA_PROT": "8000"}, dotenv)
    dotenv.write_text("PLAZA_NOTHING_LIKE_IT=1")
    with pytest.raises(CannotStart, match=r"PLAZA_NOTHING_LIKE_IT is not a setting\."):
        load({}, dotenv)


def test_all_that_is_wrong_is_said_at_once_without_a_secret(dotenv):
    wrong = {"PORT": "http", "WORKERS": "0", "DATABASE_URL": "mysql://ada:hunter2@db"}
    with pytest.raises(CannotStart) as refusal:
        load(wrong, dotenv)
    for name in wrong:
        assert f"{name}: " in str(refusal.value)
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("WORKERS", "many", "This must be a whole number from 1 to 256"),
        ("ENVIRONMENT", "prod", "This must be one of development, production"),
        ("CORS_CREDENTIALS", "maybe", "This must be true or false"),
        ("DATABASE_URL", "mysql://db", "This must begin with postgresql:// or postgres://"),
        ("MAIL_URL", "pigeon", "This must begin with folder:, smtp://, smtps:// or sendgrid://"),
        ("RATE_USER", "many", "This must be calls/seconds, like 20/5"),
    ],
)
def test_what_is_wrong_is_told_with_what_is_allowed(dotenv, name, value, told):
    with pytest.raises(CannotStart) as refusal:
        load({name: value}, dotenv)
    assert str(refusal.value) == f"Wrong settings: {name}: {told}. `plaza settings` lists all."


def test_every_pattern_is_put_into_words():
    for setting in table():
        meta = get_args(setting.type)[1]
        assert meta.pattern is None or "message" in meta.extra, setting.field


@pytest.mark.parametrize(
    ("path", "told"), [("", ".venv/bin/plaza settings"), (".venv/bin", "`plaza settings`")]
)
def test_a_command_is_named_as_it_can_be_typed(dotenv, tmp_path, monkeypatch, path, told):
    program = tmp_path / ".venv/bin/plaza"
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", [".venv/bin/plaza", "serve"])
    monkeypatch.setenv("PATH", path)
    with pytest.raises(CannotStart, match=told):
        load({"PORT": "http"}, dotenv)


def test_a_file_that_is_no_text_is_named(dotenv):
    dotenv.write_bytes(b"PORT=\xff\xfe\n")
    with pytest.raises(CannotStart, match=r"\.env could not be read"):
        load({}, dotenv)


def test_every_setting_has_two_names_but_those_with_the_prefix_only():
    names = [name for setting in table() for name in setting.names]
    assert len(names) == len(set(names))
    assert all(setting.names[-1] == f"PLAZA_{setting.field.upper()}" for setting in table())


def test_what_would_open_a_browser_to_any_page_is_refused(dotenv):
    with pytest.raises(CannotStart, match="CORS_CREDENTIALS"):
        load({"CORS_ORIGINS": "https://a.example.org, *", "CORS_CREDENTIALS": "true"}, dotenv)
    assert load({"CORS_ORIGINS": "*"}, dotenv).cors_origins == "*"
    with pytest.raises(CannotStart, match="CORS_ORIGINS"):
        load({"CORS_ORIGINS": "app.example.org"}, dotenv)


def test_a_proxy_is_an_address_or_a_network(dotenv):
    load({"TRUSTED_PROXIES": "10.0.0.0/8, ::1"}, dotenv)
    with pytest.raises(CannotStart, match="TRUSTED_PROXIES: envoy is neither"):
        load({"TRUSTED_PROXIES": "10.0.0.1,envoy"}, dotenv)


SAFE = {
    "ENVIRONMENT": "production",
    "PUBLIC_URL": "https://plaza.example",
    "MAIL_URL": "smtp://mail.example:587",
}


def test_production_starts_with_two_variables(dotenv):
    assert load(SAFE, dotenv).environment == "production"


@pytest.mark.parametrize(
    ("unsafe", "named"),
    [
        ({"PUBLIC_URL": ""}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "http://plaza.example"}, "PUBLIC_URL"),
        ({"MAIL_URL": ""}, "MAIL_URL"),
        ({"MAIL_URL": "folder:/letters"}, "MAIL_URL"),
        ({"PASSWORD_MEMORY_KIB": "64"}, "PASSWORD_MEMORY_KIB"),
        ({"PASSWORD_PASSES": "1"}, "PASSWORD_PASSES"),
    ],
)
def test_production_refuses_what_is_fit_for_ones_own_machine_only(dotenv, unsafe, named):
    with pytest.raises(CannotStart, match=named):
        load(SAFE | unsafe, dotenv)
    load(SAFE | unsafe | {"ENVIRONMENT": "development"}, dotenv)
