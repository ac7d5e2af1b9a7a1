"""The verbs under one name, and the one place where an exception becomes a sentence and an exit code.

Exit codes: 0 same or fine, 1 error, 2 differences or findings. No traceback, unless WS_NETWORK_DEBUG says so.
"""

import importlib
import importlib.metadata
import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ws_network.errors import UserError, unknown_name

DEBUG = "WS_NETWORK_DEBUG"
"""Environment variable that lets tracebacks through."""

VERBS = {
    "init": "Write a short deployment file, from a few questions.",
    "plan": "The rules of a site, each beside its line of the page.",
    "flows": "The flows that a site needs, and those it does not.",
    "explain": "Why a rule or flow is there: page, sources, hosts.",
    "allows": "Whether a packet passes, and by which rules.",
    "audit": "What exists against what a site needs.",
    "export": "What a site needs, in the form of something else.",
    "diff": "What changes between two revisions of the catalogue.",
    "resolve": "Host names to addresses, into the snapshot file.",
    "catalogue": "The vendor's page, one kind of record at a time.",
    "schema": "The JSON Schema of the deployment file, for editors.",
}
"""Each is the function of its name in the module of its name, loaded when it is run."""

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 120}

CLICK_ERRORS = tuple(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")
"""What the parser raises for a wrong command line; typer exports only one subclass of it."""


class Verbs(TyperGroup):
    """The group that runs a verb and turns whatever it raises into one sentence."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer's signature
        """Return the verbs in the order in which a person needs them."""
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - typer's signature
        """Return a verb, and load it now; None for an unknown one."""
        if cmd_name not in VERBS:
            return None
        verb = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings=SETTINGS)
        verb.command(cmd_name)(getattr(importlib.import_module(f"ws_network.cli.{cmd_name}"), cmd_name))
        return typer.main.get_command(verb)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the verb of a command line.

        Raises:
            UserError: there is none of that name; names the nearest.
        """
        if args[0] not in VERBS and not args[0].startswith("-"):
            raise UserError(unknown_name("verb", args[0], VERBS))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - typer's signature
        """Write the list of verbs without loading one."""
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))

    def main(self, *args: Any, **options: Any) -> Any:
        """Run a command line and leave with its exit code."""
        sys.exit(_code(lambda: super(Verbs, self).main(*args, **{**options, "standalone_mode": False})))


def _code(run: Callable[[], Any]) -> int:
    """Return the exit code of a run, having said on stderr what went wrong."""
    try:
        code = run()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader went: say nothing more
        return 1
    except Exception as error:
        text = _sentence(error)
        if text is None and DEBUG in os.environ:
            raise
        sys.stderr.write(f"error: {text or _defect(error)}\n")
        return 1
    return code if isinstance(code, int) else 0


def _sentence(error: Exception) -> str | None:
    """Return what a person can do about an error; None for one that nobody foresaw."""
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, CLICK_ERRORS):
        return _parser_error(error)
    if isinstance(error, typer.Abort):
        return "the input ended before all answers were given: give them as options, with --yes."
    if isinstance(error, OSError):
        what = f"use {error.filename}" if error.filename else "write the answer"
        return f"cannot {what} ({error.strerror or error}): correct the path, its rights or the space there."
    return None


def _defect(error: Exception) -> str:
    what = f"{type(error).__name__}: {error}".splitlines()[0]
    return (
        f"ws-network failed by a defect of its own ({what}): please report it with the command and the deployment; "
        f"{DEBUG}=1 shows where."
    )


def _parser_error(error: Any) -> str:
    """Return the parser's sentence, and where the help is."""
    text = str(error.format_message()).strip().rstrip(".").replace("Value error, ", "")
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "ws-network"
    return f"{text[:1].lower()}{text[1:]}: see '{command} --help'."


app = typer.Typer(
    name="ws-network",
    cls=Verbs,
    help="What Trend Micro Workload Security needs of a network, as rules (unofficial). Offline, but for resolve.",
    epilog="Exit codes: 0 same or fine, 1 error, 2 differences or findings. Begin with: ws-network init",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=SETTINGS,
)


def _version(asked: bool) -> None:
    if asked:
        try:
            version = importlib.metadata.version("ws-network")
        except importlib.metadata.PackageNotFoundError:
            version = "(not installed)"
        typer.echo(f"ws-network {version}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 - its callback answers
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Run the command line of this process."""
    typer.main.get_command(app).main(prog_name="ws-network")
