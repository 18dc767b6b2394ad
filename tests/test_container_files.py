"""Dockerfile, compose.yaml and the guide for operators name what there is: all that can be known without an engine."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass
from fnmatch import fnmatch
from ipaddress import ip_address, ip_network
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import pytest
import yaml

from mock_alohub.cli.healthcheck import SERVER, healthcheck
from mock_alohub.cli.serve import serve
from mock_alohub.cli.verb import Verb
from mock_alohub.delivery import call_log
from mock_alohub.delivery.retention import Retention
from mock_alohub.messages.attempt import Cause
from mock_alohub.messages.endpoint import parse_url
from mock_alohub.server import inbox
from mock_alohub.server.dialled_addresses import reachable
from mock_alohub.server.lifespan import GRACE_S
from mock_alohub.server.metrics import Metrics
from mock_alohub.server.request import BODY_LIMIT
from mock_alohub.settings import PREFIX, read
from tests.cli.settings_table import verbs

ROOT = Path(__file__).resolve().parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
PAGE = (ROOT / "docs" / "integration.md").read_text()
FLASK = ROOT / "examples" / "flask_endpoint"
TOKEN = "a-token-of-this-test"
DATA = "/data"

Step = tuple[str, str]
"""An instruction of a Dockerfile and what stands behind it."""


def _steps(text: str) -> list[Step]:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    whole = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(line.partition(" ")[0], line.partition(" ")[2].strip()) for line in whole.splitlines()]


def _stages(text: str) -> list[list[Step]]:
    found: list[list[Step]] = []
    for step in _steps(text):
        if step[0] == "FROM":
            found.append([])
        found[-1].append(step)
    return found


def _values(steps: list[Step], instruction: str) -> list[str]:
    return [value for name, value in steps if name == instruction]


STAGES = _stages(DOCKERFILE)
IMAGE = STAGES[-1]
PARTNER = _stages(SERVICES["partner"]["build"]["dockerfile_inline"])[-1]
COMMAND: list[str] = [*json.loads(_values(IMAGE, "ENTRYPOINT")[0]), *json.loads(_values(IMAGE, "CMD")[0])]
CHECK: list[str] = json.loads(_values(IMAGE, "HEALTHCHECK")[0].partition(" CMD ")[2])
COPIED = [
    source
    for value in _values(STAGES[0], "COPY")
    for source in value.split()[:-1]
]  # fmt: skip


def _settings(verb: Any) -> dict[str, Any]:
    assert isinstance(verb, Verb)
    return dict(verb.settings)


def _variables(verb: Any) -> set[str]:
    return {str(setting.envvar) for setting in _settings(verb).values()}


# The image


def test_every_stage_begins_with_one_image_of_a_fixed_version() -> None:
    bases = {value.partition(" ")[0] for stage in [*STAGES, PARTNER] for value in _values(stage, "FROM")}
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.12\.\d+-slim-[a-z]+", bases.pop())


def test_what_is_copied_exists() -> None:
    assert [source for source in COPIED if not (ROOT / source).exists()] == []


def test_all_that_goes_into_the_wheel_is_copied() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {*wheel["packages"], *wheel["force-include"], "README.md", "LICENSE", "pyproject.toml"}
    assert {one for one in needed if one not in COPIED and one.partition("/")[0] not in COPIED} == set()


def test_the_context_holds_what_is_copied_and_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == set(COPIED)


@pytest.mark.parametrize(
    "name",
    [
        "mock_alohub/cli/__pycache__",
        "mock_alohub/x.pyc",
        "load/calls.sqlite3-wal",
        "load/.env",
        "examples/x/node_modules",
    ],
)
def test_the_context_holds_no_leavings(name: str) -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("**/")]
    assert any(fnmatch(name.rpartition("/")[2], rule.removeprefix("**/")) for rule in rules)


def test_the_extra_that_is_installed_exists() -> None:
    extras = re.findall(r"\{wheel\}\[(\w+)\]", DOCKERFILE)
    known = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert extras == ["server"]
    assert extras[0] in known


def _build_system() -> dict[str, Any]:
    described: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]
    return described


def test_the_image_builds_the_wheel_with_what_the_project_asks_for() -> None:
    """Without isolation, pip fetches nothing that the build needs."""
    (line,) = re.findall(r"pip install --no-cache-dir --constraint constraints.txt (.*)", DOCKERFILE)
    assert line.split() == [re.split(r"[>=<;]", one)[0] for one in _build_system()["requires"]]


def test_the_lock_has_what_the_server_needs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["server"], *_build_system()["requires"]]
    # The expression that the Dockerfile makes its constraints with.
    (script,) = re.findall(r"sed -nE '([^']+)'", DOCKERFILE)
    done = subprocess.run(
        ["sed", "-nE", script, str(ROOT / "requirements-dev.lock")], check=True, capture_output=True, text=True
    )
    pinned = {line.partition("==")[0] for line in done.stdout.splitlines()}
    assert all(re.fullmatch(r"[\w.-]+==[\w.+!-]+", line) for line in done.stdout.splitlines())
    assert {re.split(r"[>=<;]", one)[0].strip() for one in needed} <= pinned


def test_the_server_runs_as_a_user_without_rights() -> None:
    assert _values(IMAGE, "USER") == ["10001:10001"]


def test_no_secret_is_in_a_layer() -> None:
    given = [value for stage in STAGES for name in ("ENV", "ARG", "LABEL") for value in _values(stage, name)]
    assert not re.search(r"token|secret|passw|(?<!s)key", " ".join(given), re.IGNORECASE)


def test_all_that_is_written_goes_to_the_volume() -> None:
    chosen = serve.make_context("serve", COMMAND[2:]).params["database"]
    assert _values(IMAGE, "VOLUME") == _values(IMAGE, "WORKDIR") == [DATA]
    assert chosen.parent == Path(DATA)
    assert f"SQLITE_TMPDIR={DATA}" in _values(IMAGE, "ENV")[0]


def test_the_port_is_one_everywhere() -> None:
    ports = {
        "program": serve.make_context("serve", COMMAND[2:]).params["port"],
        "image": int(_values(IMAGE, "EXPOSE")[0]),
        "check": parse_url(SERVER).port,
        "compose": int(SERVICES["mock-alohub"]["ports"][0].rpartition(":")[2]),
        "public URL": parse_url(SERVICES["mock-alohub"]["environment"]["MOCK_ALOHUB_PUBLIC_URL"]).port,
    }
    assert set(ports.values()) == {8080}


def test_the_server_is_told_to_stop_by_the_signal_it_knows() -> None:
    assert _values(IMAGE, "STOPSIGNAL") == ["SIGTERM"]


@dataclass(frozen=True, slots=True)
class Life:
    """What became of the image's command: what it printed, how it was found, how it ended."""

    url: str
    errors: str
    well: int
    well_afterwards: int
    code: int
    took_s: float
    written: frozenset[str]


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    """The command of the image, its check and its signal, in a folder of its own in place of the volume."""
    data, elsewhere = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("elsewhere")
    elsewhere.chmod(0o555)
    program = [sys.executable, "-m", "mock_alohub"]
    command = [word.replace(DATA, str(data)).replace("0.0.0.0", "127.0.0.1") for word in COMMAND[1:]]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(elsewhere),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        f"{PREFIX}TOKEN": TOKEN,
    }
    server = subprocess.Popen(
        [*program, *command, "--port", "0"],
        cwd=data, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        url = _first_line(server)
        check = [*program, *CHECK[1:], url]
        well = subprocess.run(check, cwd=elsewhere, env=environment, timeout=120, check=False).returncode
        begun = time.monotonic()
        server.send_signal(signal.Signals[_values(IMAGE, "STOPSIGNAL")[0]])
        _, errors = server.communicate(timeout=120)
        took_s = time.monotonic() - begun
        quiet = subprocess.run(check, cwd=elsewhere, env=environment, timeout=120, check=False, capture_output=True)
    finally:
        server.kill()
        server.wait()
        elsewhere.chmod(0o755)
    names = frozenset(path.name for folder in (data, elsewhere) for path in folder.iterdir())
    return Life(url, errors, well, quiet.returncode, server.returncode, took_s, names)


def _first_line(server: subprocess.Popen[str]) -> str:
    lines: Queue[str] = Queue()
    assert server.stdout is not None
    Thread(target=lambda stream: lines.put(stream.readline()), args=(server.stdout,), daemon=True).start()
    line = lines.get(timeout=120).strip()
    assert line, server.communicate(timeout=120)
    return line


@pytest.mark.exhaustive
def test_the_command_of_the_image_starts_a_server(life: Life) -> None:
    assert parse_url(life.url).host == "127.0.0.1"
    assert "Traceback" not in life.errors


@pytest.mark.exhaustive
def test_the_check_of_the_image_finds_the_server_well(life: Life) -> None:
    assert (life.well, life.well_afterwards) == (0, 1)


def test_the_server_ends_soon_after_its_signal(life: Life) -> None:
    assert life.code == 0
    assert life.took_s < 5


def test_the_server_writes_its_database_alone(life: Life) -> None:
    assert {name.partition(".sqlite3")[0] for name in life.written} == {"mock-alohub"}


def test_the_token_that_is_given_is_not_printed(life: Life) -> None:
    assert TOKEN not in life.errors


# The services


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_has_no_more_rights_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "network_mode", "pid", "devices"} & service.keys()


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_what_a_service_writes_lies_in_a_volume_that_is_declared(name: str) -> None:
    volume, _, folder = SERVICES[name]["volumes"][0].partition(":")
    assert volume in COMPOSE["volumes"]
    assert folder == DATA


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_the_outside_reaches_a_service_on_loopback_alone(name: str) -> None:
    assert [port for port in SERVICES[name].get("ports", []) if not port.startswith("127.0.0.1:")] == []


def test_every_variable_of_the_server_is_a_setting() -> None:
    assert SERVICES["mock-alohub"]["environment"].keys() <= _variables(serve)


def test_secrets_are_demanded_from_outside() -> None:
    given = {**SERVICES["mock-alohub"]["environment"], **SERVICES["partner"]["environment"]}
    secret = {name: value for name, value in given.items() if name.endswith(("TOKEN", "KEY"))}
    assert len(secret) == 3
    assert all(re.fullmatch(r"\$\{\w+:\?[^}]+\}", value) for value in secret.values())


def test_both_services_have_one_key() -> None:
    key = SERVICES["mock-alohub"]["environment"]["MOCK_ALOHUB_KEY"]
    assert SERVICES["partner"]["environment"]["ALOHUB_WEBHOOK_KEY"] == key


def test_the_check_of_the_service_is_that_of_the_image() -> None:
    check = SERVICES["mock-alohub"]["healthcheck"]
    assert check["test"] == ["CMD", *CHECK]
    options = dict(re.findall(r"--([a-z-]+)=(\w+)", _values(IMAGE, "HEALTHCHECK")[0]))
    assert {name.replace("-", "_"): value for name, value in options.items()} == {
        name: str(value) for name, value in check.items() if name != "test"
    }


def test_a_check_gives_up_before_it_is_ended() -> None:
    timeout = healthcheck.make_context("healthcheck", []).params["timeout"]
    assert timeout < int(SERVICES["mock-alohub"]["healthcheck"]["timeout"].removesuffix("s"))


def test_attempts_under_way_may_end_before_the_server_is_killed() -> None:
    assert int(SERVICES["mock-alohub"]["stop_grace_period"].removesuffix("s")) > GRACE_S


def test_webhooks_go_where_the_partner_listens() -> None:
    url = parse_url(SERVICES["mock-alohub"]["environment"]["MOCK_ALOHUB_ENDPOINT"])
    (path,) = re.findall(r'^PATH = "(.+)"$', (FLASK / "app.py").read_text(), re.MULTILINE)
    command: list[str] = json.loads(_values(PARTNER, "CMD")[0])
    assert (url.host, url.target) == ("partner", path)
    assert command[command.index("--listen") + 1] == f"0.0.0.0:{url.port}"
    assert str(url.port) in SERVICES["partner"]["healthcheck"]["test"][-1]


def test_recordings_are_linked_where_the_partner_reaches_the_server() -> None:
    assert parse_url(SERVICES["mock-alohub"]["environment"]["MOCK_ALOHUB_PUBLIC_URL"]).host in SERVICES


def test_the_partner_is_the_example() -> None:
    build = SERVICES["partner"]["build"]
    assert ROOT / build["context"] == FLASK
    assert all((FLASK / name).is_file() for value in _values(PARTNER, "COPY") for name in value.split()[:-1])
    assert json.loads(_values(PARTNER, "CMD")[0])[-2:] == ["--call", "app:create_app"]
    assert "def create_app(" in (FLASK / "app.py").read_text()


def test_every_variable_of_the_partner_is_one_that_it_reads() -> None:
    example = (FLASK / "app.py").read_text()
    own = {name for name in SERVICES["partner"]["environment"] if not name.startswith("PYTHON")}
    assert {name for name in own if f'"{name}"' not in example} == set()


# The guide


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_variables_that_the_guide_names_exist() -> None:
    known = {str(one.envvar) for _, verb in verbs() for one in verb.settings.values()} | {"MOCK_ALOHUB_CONFIG"}
    assert set(re.findall(r"MOCK_ALOHUB_[A-Z_]+", PAGE)) <= known


def test_flags_that_the_guide_names_exist() -> None:
    of_docker = {"build", "detach", "wait", "rm", "entrypoint"}
    known = {setting for _, verb in verbs() for setting in verb.settings} | {"help"} | of_docker
    assert set(re.findall(r"(?<![\w-])--([a-z][a-z-]+)", PAGE)) <= known


def test_the_settings_file_of_the_guide_is_one(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(_blocks("toml")[0])
    known = {name: set(verb.settings) for name, verb in verbs()}
    found = read(file).for_command("serve", known, known.__getitem__)
    assert found.keys() == {"token", "endpoint", "key", "allow-host"}


def test_the_commands_of_the_guide_about_the_database_work(tmp_path: Path) -> None:
    scripts = re.findall(r'-c \\\n\s+"([^"]+)"', PAGE)
    assert len(scripts) == 2
    for script in scripts:
        changed = script.replace(f"{DATA}/", f"{tmp_path}/")
        assert changed != script
        subprocess.run([sys.executable, "-c", changed], check=True, timeout=120)
    assert (tmp_path / "backup.sqlite3").exists()


def test_services_and_files_that_the_guide_names_exist() -> None:
    assert set(re.findall(r"docker compose (?:stop|start|cp|exec|logs) ([a-z-]+)", PAGE)) <= SERVICES.keys()
    assert "/data/mock-alohub.sqlite3" in COMMAND


def test_metrics_that_the_guide_names_are_told() -> None:
    told = set(re.findall(r"^# TYPE (\w+)", Metrics().exposed().decode(), re.MULTILINE))
    named = {re.sub(r"_bucket$", "", one) for one in re.findall(r"mock_alohub_[a-z_]*[a-z](?=[`{ \[])", PAGE)}
    assert len(told) == 7
    assert named == told


def test_the_alerts_of_the_guide_name_what_happens() -> None:
    rules = [rule for group in yaml.safe_load(_blocks("yaml")[1])["groups"] for rule in group["rules"]]
    labels = set(re.findall(r'outcome="([a-z-]+)"', " ".join(rule["expr"] for rule in rules)))
    assert labels == {"dead", Cause.DEADLINE.value}


@pytest.mark.parametrize("event", sorted(set(re.findall(r"event=([a-z-]+)", PAGE))))
def test_a_log_line_of_the_guide_is_written_somewhere(event: str) -> None:
    sources = [path.read_text() for path in (ROOT / "mock_alohub").rglob("*.py")]
    assert any(f"event={event}" in source or f'"event": "{event}"' in source for source in sources)


@pytest.mark.parametrize(
    "said",
    [
        f"the newest {Retention().keep:,} and after {Retention().days:g} days",
        f"the newest {call_log.KEEP:,}",
        f"{inbox.INBOXES:,} inboxes and {inbox.KEPT_BYTES >> 20} MiB",
        f"gives those under way {GRACE_S:g} seconds",
        f"of more than {BODY_LIMIT >> 20} MiB",
    ],
)
def test_a_limit_of_the_guide_is_that_of_the_program(said: str) -> None:
    assert said in PAGE.replace("\n", " ")


def _refused() -> list[str]:
    section = PAGE.partition("## What it refuses")[2]
    return re.findall(r"`([0-9a-f:.]+(?:/\d+)?)`", section.partition("* **with")[0])


@pytest.mark.parametrize("network", _refused())
def test_an_address_that_the_guide_says_is_refused_is(network: str) -> None:
    assert not reachable()(ip_network(network)[-1])


def test_private_addresses_are_refused_on_demand_alone() -> None:
    for address in map(ip_address, ("10.0.0.1", "127.0.0.1", "100.64.0.1")):
        assert (reachable()(address), reachable(private=False)(address)) == (True, False)
