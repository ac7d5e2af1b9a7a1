"""`ws-network schema`: the JSON Schema of a deployment file, for editors and checks."""

import json
from typing import Annotated

import typer

from ws_network.cli import options
from ws_network.views import schemas


def schema(
    *,
    of: Annotated[str, typer.Option("--of", help="deployment, catalogue or snapshot.")] = "deployment",
    catalogue: options.CatalogueOption = None,
) -> int:
    """Print the JSON Schema of the deployment file.

    Editors that read `# yaml-language-server: $schema=FILE` in a first line then complete and check keys.
    """
    typer.echo(json.dumps(schemas.schema(of, options.read_catalogue(catalogue)), indent=2))
    return 0
