"""The Dockerfile and docker-compose.yml fit the code: settings, commands, health checks and grace periods are real."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.cli import main
from bot.web import health
from core.settings import Settings

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if "build" in service]


def seconds(text: str) -> float:
    found = re.fullmatch(r"(\d+)s", text)
    assert found, text
    return float(found[1])


def check_command(command: list[str]) -> None:
    """Every word is a command or an option of `errand`, or what `--only` takes."""
    known = main.commands[command[0]]
    options = {option for parameter in known.params for option in (*parameter.opts, *parameter.secondary_opts)}
    words = set(command[1:])
    assert words - {"web", "slack", "discord"} <= options, command
    assert not words & {"web", "slack", "discord"} or "--only" in words


def test_there_are_a_web_process_workers_and_a_process_for_each_surface() -> None:
    assert OURS == ["web", "slack", "discord", "worker"]
    assert set(SERVICES) == {*OURS, "postgres", "redis", "chroma"}


@pytest.mark.parametrize("name", ["web", "slack", "discord"])
def test_a_process_connects_only_what_it_is_for(name: str) -> None:
    command = SERVICES[name]["command"]
    assert command[command.index("--only") + 1] == name
    assert SERVICES[name].get("profiles", ["web"]) == [name]
    folders = [SERVICES[one]["environment"].get("ERRAND_DATA") for one in ("slack", "discord")]
    assert None not in folders, "each serving process holds a folder of its own"


@pytest.mark.parametrize("name", OURS)
def test_every_setting_exists(name: str) -> None:
    given = [key for key in SERVICES[name]["environment"] if key.startswith("ERRAND_")]
    assert len(given) > 5
    in_image = re.findall(r"(ERRAND_[A-Z_]+)=", DOCKERFILE)
    assert [key for key in given + in_image if key.removeprefix("ERRAND_").lower() not in Settings.model_fields] == []


def test_the_settings_can_be_read_as_they_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in SERVICES["web"]["environment"].items():
        monkeypatch.setenv(key, re.sub(r"\$\{[A-Z_]+(:-([^}]*)|:\?[^}]*)?\}", lambda m: m[2] or "x", value))
    settings = Settings()
    assert [key.get_secret_value() for key in settings.secret_keys] == ["x"]
    assert settings.database_url == "postgresql+asyncpg://errand:x@postgres/errand"


def test_what_has_to_be_filled_in_is_in_the_example_and_no_secret_is_in_the_files() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    example = dict(re.findall(r"^([A-Z_]+)=(.*)$", (ROOT / "docker.env.example").read_text(), re.MULTILINE))
    assert set(re.findall(r"\$\{([A-Z_]+)", text)) == set(example)
    required = set(re.findall(r"\$\{([A-Z_]+):\?", text))
    for_profiles = {"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "DISCORD_TOKEN"}
    assert required == {name for name, value in example.items() if not value} - for_profiles
    assert required


@pytest.mark.parametrize("name", OURS)
def test_every_command_and_health_check_exists(name: str) -> None:
    check_command(SERVICES[name]["command"])
    kind, *test = SERVICES[name]["healthcheck"]["test"]
    assert kind == "CMD"
    if test[0] == "errand":
        check_command(test[1:])
    else:
        (path,) = re.findall(r"http://127\.0\.0\.1:8300(/\w+)", test[-1])
        assert path in {route.path for route in health.router.routes}  # type: ignore[attr-defined]  # all are APIRoutes


def test_a_container_is_killed_only_after_the_process_had_its_grace() -> None:
    for name in OURS:
        grace_s = float(SERVICES[name]["environment"]["ERRAND_GRACE_S"])
        assert seconds(SERVICES[name]["stop_grace_period"]) > 2 * grace_s


def test_whoever_is_waited_for_as_healthy_has_a_health_check() -> None:
    waited = {
        other
        for service in SERVICES.values()
        for other, how in service.get("depends_on", {}).items()
        if how["condition"] == "service_healthy"
    }
    assert waited
    assert [name for name in waited if "healthcheck" not in SERVICES[name]] == []


def test_every_volume_is_declared_and_everything_restarts() -> None:
    used = {mount.partition(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])}
    assert used == set(COMPOSE["volumes"])
    assert {service["restart"] for service in SERVICES.values()} == {"unless-stopped"}


def test_the_image_runs_as_somebody_without_rights_and_holds_what_is_pinned() -> None:
    *_, last = DOCKERFILE.split("\nFROM ")
    assert "USER errand" in last
    installs = re.findall(r"pip install (.*)", DOCKERFILE)
    assert installs
    assert all("-c constraints.txt" in line for line in installs)
    (entry,) = re.findall(r"^ENTRYPOINT (.*)$", DOCKERFILE, re.MULTILINE)
    assert json.loads(entry) == ["errand"]
    (command,) = re.findall(r"^CMD (.*)$", DOCKERFILE, re.MULTILINE)
    check_command(json.loads(command))


def test_the_chroma_server_is_of_the_version_that_the_client_is_pinned_to() -> None:
    (pinned,) = re.findall(r"^chromadb==(.*)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert SERVICES["chroma"]["image"].endswith(f":{pinned}")


def test_no_registry_is_named() -> None:
    images = [*re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE), *(one["image"] for one in SERVICES.values())]
    assert len(images) > 5
    assert [image for image in images if "." in image.partition("/")[0] and "/" in image] == []
