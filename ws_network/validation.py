"""Turns pydantic's report into the one sentence a person can act on.

Owns the wording and the search for the nearest known key. Does not own any model.
"""

import typing
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from ws_network.errors import UserError, nearest

SHOWN = 60
"""Longest piece of input that an error repeats."""

WANTED: Mapping[str, str] = {
    "tuple_type": "write a list, as [one, two]",
    "dict_type": "write a mapping, as {key: value}",
    "model_type": "write a mapping, as {key: value}",
    "string_type": "write text, in quotes where YAML would read something else",
    "bool_type": "write true or false",
    "bool_parsing": "write true or false",
    "int_type": "write a whole number",
    "int_parsing": "write a whole number",
    "int_from_float": "write a whole number",
}
"""What to type, by pydantic's kind of problem."""


def describe(error: ValidationError, model: type[BaseModel]) -> str:
    """Return the first problem of `error` in one sentence, with the path of the key and how many more there are."""
    problems = error.errors(include_url=False, include_context=True)
    wrong = [problem["loc"][:-1] for problem in problems]  # a list whose only entry is wrong counts as empty too
    problems = [problem for problem in problems if problem["type"] != "too_short" or problem["loc"] not in wrong]
    # A key that is misspelt is missing too: what was typed comes before what was not.
    first = next((problem for problem in problems if problem["type"] == "extra_forbidden"), problems[0])
    path = _path(first["loc"])
    text = _problem(first, path, model)
    more = len(problems) - 1
    return text + (f" ({more} more {'problem' if more == 1 else 'problems'} in the same place.)" if more else "")


def check_form(kind: Any, text: str, where: str) -> None:
    """Raise where a text is not of a kind.

    Args:
        kind: An annotated type, with the check that says what is wrong.
        text: What the user wrote.
        where: The key or argument that it is written under.

    Raises:
        UserError: it is not; says what it looks like.
    """
    try:
        TypeAdapter(kind).validate_python(text)
    except ValidationError as error:
        raise UserError(f"{where}: {_sentence(error.errors()[0])}") from None


def _path(loc: Sequence[int | str]) -> str:
    """Return `peers.dns-server.cidrs[0]` for pydantic's location."""
    text = ""
    for part in loc:
        if part != "[key]":  # pydantic's mark for the key of a map, which the part before names
            text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".")


def _problem(problem: Any, path: str, model: type[BaseModel]) -> str:
    kind = problem["type"]
    if kind == "extra_forbidden":
        return _unknown_key(problem["loc"], path, model)
    if kind == "missing":
        return f"'{path}' is missing: add it."
    if kind in {"enum", "literal_error"}:
        known = [word.strip(" '") for word in str(problem["ctx"]["expected"]).replace(" or ", ", ").split(",")]
        close = nearest(str(problem["input"]), known)
        hint = f"did you mean '{close}'?" if close else f"write one of {', '.join(known)}."
        return f"'{path}' cannot be '{problem['input']}': {hint}"
    if kind == "value_error":
        return f"'{path}': {_sentence(problem)}" if path else _sentence(problem)
    what = f"'{path}'" if path else "it"  # the whole has no key
    if problem["input"] in (None, "", [], ()):
        return f"{what} is empty: give it a value, or remove the key."
    return f"{what} cannot be {shown(problem['input'])}: {_wanted(kind, str(problem['msg']))}."


def _sentence(problem: Any) -> str:
    """Return what a check of ours said, with its full stop."""
    message = str(problem["msg"]).removeprefix("Value error, ").removesuffix(".")
    return message if message.endswith("?") else f"{message}."


def _unknown_key(loc: Sequence[int | str], path: str, model: type[BaseModel]) -> str:
    key = str(loc[-1])
    if " " in key:  # YAML: in braces a comma ends the text before it
        return f"unknown key '{path}': a text with a comma needs quotes inside braces."
    close = nearest(key, _known_keys(model, loc[:-1]))
    return f"unknown key '{path}'" + (f": did you mean '{close}'?" if close else ".")


def shown(value: object) -> str:
    """Return what the user wrote, short and in the file's words; of what no file can hold only its kind."""
    if not isinstance(value, str | int | float | list | tuple | Mapping | date | None):
        return f"a {type(value).__name__}"
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _wanted(kind: str, message: str) -> str:
    """Return what to type instead, in the file's words where pydantic speaks of Python's types."""
    if kind.startswith("date"):
        return "write a day as YYYY-MM-DD"
    return WANTED.get(kind, f"{message[:1].lower()}{message[1:]}")


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
