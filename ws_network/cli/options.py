"""The options that verbs share, and the reading of what they name.

Owns their names, help and defaults. Does not own the files' contents.
"""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from ws_network.catalogue import Catalogue
from ws_network.cli.output import complain
from ws_network.deployment import Deployment, Target
from ws_network.errors import UserError, unknown_name
from ws_network.findings import Severity
from ws_network.grammar import GRAMMARS
from ws_network.snapshot import Snapshot
from ws_network.views.tables import Format

DEFAULT_FILE = Path("ws-network.yaml")
DEFAULT_TARGET = "aws-security-group"


def _targets() -> list[str]:
    return [str(target) for target in GRAMMARS]


DeploymentOption = Annotated[
    Path, typer.Option("--deployment", "-d", metavar="FILE", help="Deployment file.", show_default=str(DEFAULT_FILE))
]
CatalogueOption = Annotated[
    Path | None, typer.Option("--catalogue", metavar="FILE", help="Catalogue file, instead of the packaged one.")
]
FormatOption = Annotated[Format, typer.Option("--format", "-f", help="How to write the answer.")]
SnapshotOption = Annotated[
    Path | None, typer.Option("--snapshot", metavar="FILE", help="Addresses of names, for the form 'snapshot'.")
]
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", metavar="DATE", help="Day for end dates, YYYY-MM-DD.", show_default="today")
]
TargetOption = Annotated[
    str, typer.Option("--target", "-t", metavar="TARGET", help="What holds the rules.", autocompletion=_targets)
]
FailOnOption = Annotated[
    Severity, typer.Option("--fail-on", help="Exit 2 for findings from this severity on, unless accepted.")
]


def read_deployment(path: Path) -> Deployment:
    """Return the deployment in a file.

    Raises:
        UserError: it cannot be read; for the default file, says how to get one.
    """
    if path == DEFAULT_FILE and not path.exists():
        raise UserError(f"there is no {path} here: make one with 'ws-network init', or name yours with --deployment.")
    return Deployment.load(path)


def read_catalogue(path: Path | None) -> Catalogue:
    """Return the packaged catalogue, or the one in a file."""
    return Catalogue.load(path)


def read_snapshot(path: Path | None) -> Snapshot | None:
    """Return the snapshot in a file, None without one."""
    return Snapshot.load(path) if path else None


def read_resolved_on(path: Path | None) -> date | None:
    """Return the day of a snapshot's last resolution, which the file beside it tells; None without one.

    No rule depends on that file: where it cannot be read, that is said on stderr, and the day is not known.
    """
    from ws_network.resolver import observations  # noqa: PLC0415 - few verbs ask

    if path is None:
        return None
    try:
        found = observations.load(observations.beside(path))
    except UserError as error:
        complain([f"note: {error} Until then the age of {path} is not known."])
        return None
    return observations.oldest(Snapshot.load(path), found) if found else None


def read_target(text: str) -> Target:
    """Return the target of this name."""
    if text not in list(Target):
        raise UserError(unknown_name("target", text, _targets()))
    return Target(text)


def read_day(text: str | None, option: str = "--as-of") -> date:
    """Return the day, today without one."""
    if text is None:
        return date.today()  # noqa: DTZ011 - end dates are days of the reader's calendar
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError(f"{option} is '{text}': write it as YYYY-MM-DD.") from None
