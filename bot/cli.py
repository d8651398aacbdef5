"""The commands of `errand`. Each reads the settings, hands over to the module that does the work, and prints what came of it."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import click

from bot.command_line import json_object, print_json, settings_of, to_its_end

_SWITCH_S = 0.0005
"""So long a thread that learns keeps the interpreter from the one that answers, each time that one has let go of it."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="errand")
def main() -> None:
    """Errand: one sentence, one card, one yes, and a workflow that truly runs."""


@main.command()
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=int, help="Port to listen on; 0 takes a free one.")
@click.option("--data", type=click.Path(path_type=Path), help="The data folder.")
@click.option("--worker/--no-worker", "has_worker", default=True, help="Also run workflows in this process.")
@click.option("--only", multiple=True, help="Connect only this: web, slack or discord. May be given several times.")
def serve(host: str | None, port: int | None, data: Path | None, *, has_worker: bool, only: tuple[str, ...]) -> None:
    """Serve the web chat, Slack and Discord where they are set up, and run workflows, all in this process."""
    gc.disable()  # a start makes much and drops little; `bot.serve` switches it on again
    sys.setswitchinterval(_SWITCH_S)
    from bot.serve import serve as run_server

    settings = settings_of(host=host, port=port, data=data, only=list(only) or None)
    to_its_end(run_server(settings, has_worker=has_worker, say=click.echo))


@main.command()
@click.option("--data", type=click.Path(path_type=Path), help="The data folder.")
def worker(data: Path | None) -> None:
    """Run workflows only; needs ERRAND_DATABASE_URL and ERRAND_REDIS_URL that the serving process shares."""
    from bot.serve import work

    to_its_end(work(settings_of(data=data), say=click.echo))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Read lines from standard input, print one JSON line for each.")
@click.option("--data", type=click.Path(path_type=Path), help="The data folder.")
def chat(data: Path | None, *, as_json: bool) -> None:
    """Talk to Errand in this terminal."""
    from bot.terminal.chat import chat as run_chat

    to_its_end(run_chat(settings_of(data=data), as_json=as_json))


@main.command()
@click.argument("template", required=False)
@click.option("--all", "is_all", is_flag=True, help="Rehearse every template with its sample values.")
@click.option("--params", default="{}", help="Values as a JSON object; the sample's are used for the rest.")
@click.option("--record", type=click.Path(dir_okay=False, path_type=Path), help="Write each request as a JSON line.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON line for each template.")
def rehearse(template: str | None, params: str, record: Path | None, *, is_all: bool, as_json: bool) -> None:
    """Run a template as a rehearsal: nothing leaves this machine, the exact requests are shown."""
    from bot.rehearsal import write_requests
    from bot.rehearse import rehearse as run_rehearsals

    if is_all == bool(template):
        raise click.UsageError("Name one template, or give --all.")
    values = json_object(params)
    rehearsals = to_its_end(run_rehearsals(settings_of(), template=template, values=values))
    if record:
        write_requests(rehearsals, record)
    for rehearsal in rehearsals:
        if as_json:
            print_json(rehearsal.as_json())
        else:
            click.echo(rehearsal.as_text())
    if any(not rehearsal.is_ok for rehearsal in rehearsals):
        sys.exit(1)


@main.command()
def interpret() -> None:
    """Understand one JSON line after the other from standard input; see docs/interfaces.md."""
    from bot.interpret import interpret_lines

    to_its_end(interpret_lines(settings_of(), sys.stdin.buffer, sys.stdout.buffer))


@main.command()
@click.option("--steps", is_flag=True, help="List step types instead of templates.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def catalog(*, steps: bool, as_json: bool) -> None:
    """List what can be automated."""
    from bot.listing import list_steps, list_templates

    rows = to_its_end((list_steps if steps else list_templates)(settings_of()))
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(f"{row['id']:28} {row['title']}")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--worker", "is_worker", is_flag=True, help="Only: do the workers on this machine go round?")
def doctor(*, as_json: bool, is_worker: bool) -> None:
    """Check that everything Errand needs is in place, and say what to do where it is not."""
    if is_worker:
        from bot.pulse import problem
        from core.clock import SystemClock

        if silent := problem(settings_of().data, SystemClock()):
            raise click.ClickException(silent)
        return
    from bot.doctor import examine

    findings = to_its_end(examine(settings_of()))
    if as_json:
        print_json([finding.as_json() for finding in findings])
    else:
        for finding in findings:
            click.echo(finding.as_text())
    if any(finding.state == "failed" for finding in findings):
        sys.exit(1)


@main.command()
@click.option("--failed", "is_failed", is_flag=True, help="Failed runs that wait for somebody, grouped by cause.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--data", type=click.Path(path_type=Path), help="The data folder.")
def runs(data: Path | None, *, is_failed: bool, as_json: bool) -> None:
    """List the newest runs."""
    from bot.runs import list_runs

    rows = to_its_end(list_runs(settings_of(data=data), is_failed=is_failed))
    if as_json:
        print_json(rows)
        return
    for row in rows:
        times = f"{row['count']} times, " if is_failed else f"{row['state']}, "
        click.echo(f"{row['id']}  {times}{row['cause'] or 'no error'}: {row['message'] or ''}")


@main.command()
@click.argument("run")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--data", type=click.Path(path_type=Path), help="The data folder.")
def trace(run: str, data: Path | None, *, as_json: bool) -> None:
    """Show everything that was recorded of a run: every try of every step."""
    from bot.runs import read_trace
    from bot.terminal.view import print_parts

    found = to_its_end(read_trace(settings_of(data=data), run))
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        print_parts([found])


@main.command()
@click.option("--days", type=click.IntRange(1, 366), default=1, help="So many days, today included (UTC).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--data", type=click.Path(path_type=Path), help="The data folder.")
def usage(data: Path | None, days: int, *, as_json: bool) -> None:
    """Show what the language model cost, by person."""
    from bot.usage import list_usage

    rows = to_its_end(list_usage(settings_of(data=data), days=days))
    if as_json:
        print_json(rows)
        return
    for row in rows:
        tokens = f"{row['prompt_tokens']:,} + {row['answer_tokens']:,} tokens"
        click.echo(f"{row['who']:24} {row['questions']:>6} questions  {tokens:>32}  {row['cost']:.4f}")


@main.command("login-link")
@click.option("--account", default="owner", help="Who signs in; made when new.")
@click.option("--data", type=click.Path(path_type=Path), help="The data folder.")
def login_link(account: str, data: Path | None) -> None:
    """Print a one-time link to sign in to the running web chat."""
    from bot.serve import print_login_link

    to_its_end(print_login_link(settings_of(data=data), account=account, say=click.echo))


@main.command("rotate-keys")
@click.option("--data", type=click.Path(path_type=Path), help="The data folder.")
def rotate_keys(data: Path | None) -> None:
    """Make a new key and encrypt all stored accounts with it."""
    from bot.keys import rotate

    count = to_its_end(rotate(settings_of(data=data)))
    click.echo(f"A new key is in place; {count} connected accounts were encrypted again.")
