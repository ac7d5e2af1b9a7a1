"""Turns pydantic's report into the one sentence a person can act on.

Owns the wording and the search for the nearest known key. Does not own any model.
"""

import typing
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from ws_network.errors import nearest


def describe(error: ValidationError, model: type[BaseModel]) -> str:
    """Return the first problem of `error` in one sentence, with the path of the key and how many more there are."""
    problems = error.errors(include_url=False, include_context=True)
    first = problems[0]
    path = _path(first["loc"])
    text = _problem(first, path, model)
    more = len(problems) - 1
    return text + (f" ({more} more {'problem' if more == 1 else 'problems'} in the same place.)" if more else "")


def _path(loc: Sequence[int | str]) -> str:
    """Return `peers.dns-server.cidrs[0]` for pydantic's location."""
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".")


def _problem(problem: Any, path: str, model: type[BaseModel]) -> str:
    kind = problem["type"]
    if kind == "extra_forbidden":
        key = str(problem["loc"][-1])
        close = nearest(key, _known_keys(model, problem["loc"][:-1]))
        return f"unknown key '{path}'" + (f": did you mean '{close}'?" if close else ".")
    if kind == "missing":
        return f"'{path}' is missing: add it."
    if kind in {"enum", "literal_error"}:
        known = [word.strip(" '") for word in str(problem["ctx"]["expected"]).replace(" or ", ", ").split(",")]
        close = nearest(str(problem["input"]), known)
        hint = f"did you mean '{close}'?" if close else f"write one of {', '.join(known)}."
        return f"'{path}' cannot be '{problem['input']}': {hint}"
    message = str(problem["msg"]).removeprefix("Value error, ").removesuffix(".")
    if kind == "value_error":
        return f"'{path}': {message}." if path else f"{message}."
    return f"'{path}' cannot be {problem['input']!r}: {message[:1].lower()}{message[1:]}."


def _known_keys(model: type[BaseModel], loc: Sequence[int | str]) -> list[str]:
    """Return the keys of the model that `loc` leads to."""
    current = model
    for part in loc:
        field = current.model_fields.get(str(part))
        if field is not None:
            current = next(_models(field.annotation), current)
    return list(current.model_fields)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the models inside an annotation such as `dict[str, Peer] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _models(argument)
