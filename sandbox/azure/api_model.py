"""The published description of the network API, as the models of `azure-mgmt-network` ship it.

Owns what is derived from them: which properties an object has, of which type, which of them Azure sets itself, which
values an enumeration has. A request is checked against that in full depth; the values' meaning (ranges, CIDRs, what
exists) is checked by the resource types. The models are of a newer API version (2025) than `pulumi_azure_native` uses
(2024-05-01), so a property that only the newer one has is accepted. Resource groups are described by hand: their
package is not a dependency.

Also owns the way between Azure's form and the SDK's, which has the content of `properties` beside the rest.
"""

from __future__ import annotations

import enum
import types
import typing
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, Union

from sandbox.azure.errors import bad

Body = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """The type of a value.

    Attributes:
        base: `str`, `int`, `bool`, `float`, `list`, `dict`, or `object` for anything.
        model: the model of an object with properties.
        item: the type of the items of a list or map.
        values: what an enumeration allows.
    """

    base: type
    model: Any = None
    item: Kind | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Property:
    """One property of an object: its type, whether only Azure sets it, whether a request must have it."""

    kind: Kind
    read_only: bool = False
    required: bool = False


@dataclass(frozen=True)
class Shape:
    """The properties of an object; `flat` are those in its `properties`, which the SDK has beside the rest."""

    title: str
    own: dict[str, Property]
    flat: dict[str, Property] = field(default_factory=dict)

    @property
    def all(self) -> dict[str, Property]:
        """All properties as the SDK has them."""
        return {**self.flat, **self.own}


TEXT = Kind(str)
#: Models whose `type` the API version of `pulumi_azure_native` takes in a request, where the newer one does not.
TYPED = {"NetworkInterfaceIPConfiguration", "SecurityRule", "Subnet"}
#: Values of enumerations that Azure takes, though the published description leaves them out: SQL in application rules.
MORE_VALUES = {"FirewallPolicyRuleApplicationProtocolType": ("Mssql",)}
#: Microsoft.Resources/resourceGroups, API version 2024-03-01; its `properties` are not flattened by the SDK.
RESOURCE_GROUP = Shape(
    "ResourceGroup",
    {
        "id": Property(TEXT, read_only=True),
        "name": Property(TEXT, read_only=True),
        "type": Property(TEXT, read_only=True),
        "location": Property(TEXT, required=True),
        "managedBy": Property(TEXT),
        "tags": Property(Kind(dict, item=TEXT)),
        "properties": Property(Kind(object), read_only=True),
    },
)


def _models() -> Any:
    import azure.mgmt.network.models as found  # noqa: PLC0415 - half a second, and a preview may need none of it

    return found


def _kind(hint: Any) -> Kind:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in {Union, types.UnionType}:
        inner = [arg for arg in args if arg is not type(None)]
        for arg in inner:
            if isinstance(arg, type) and issubclass(arg, enum.Enum):
                return Kind(str, values=(*(str(item.value) for item in arg), *MORE_VALUES.get(arg.__name__, ())))
        return _kind(inner[0])
    if origin is list:
        return Kind(list, item=_kind(args[0]))
    if origin is dict:
        return Kind(dict, item=_kind(args[1]))
    if origin is Literal or hint in {str, int, bool, float}:
        return Kind(str if origin is Literal else hint)
    return Kind(dict, model=hint) if getattr(hint, "_is_model", False) else Kind(object)


def _properties(model: Any) -> dict[str, Property]:
    model({})  # the fields are known only after a first instance
    hints = typing.get_type_hints(model, None, {"_models": _models()})
    return {
        rest._rest_name: Property(  # noqa: SLF001 - the models have no public description
            _kind(hints[name]),
            read_only=list(rest._visibility or ()) == ["read"]  # noqa: SLF001
            and not (rest._rest_name == "type" and model.__name__ in TYPED),  # noqa: SLF001
            required=not rest._is_optional,  # noqa: SLF001
        )
        for name, rest in model._attr_to_rest_field.items()  # noqa: SLF001
    }


@cache
def shape_of(model: Any) -> Shape:
    """Return the shape of a model of `azure-mgmt-network`, given as class or by its name."""
    if isinstance(model, str):
        return RESOURCE_GROUP if model == RESOURCE_GROUP.title else shape_of(getattr(_models(), model))
    own = _properties(model)
    if f"_{model.__name__}__flattened_items" not in vars(model):
        return Shape(model.__name__, own)
    return Shape(model.__name__, own, shape_of(own.pop("properties").kind.model).own)


@cache
def variants(model: Any) -> tuple[str, dict[str, Any]]:
    """Return the property that says of which sort an object is, and the models by its values; none for most."""
    found = getattr(model, "__mapping__", None)
    if not found:
        return "", {}
    shape_of(model)  # the fields are known only after a first instance
    fields = model._attr_to_rest_field.values()  # noqa: SLF001
    return next(str(rest._rest_name) for rest in fields if rest._is_discriminator), found  # noqa: SLF001


def variant_problem(model: Any, value: Body) -> str:
    """Return what is wrong with the sort that an object says it is of, or nothing."""
    name, models = variants(model)
    given = value.get(name) if name else None
    return (
        "" if not name or given in models else f"'{name}' is {given!r} and must be one of {', '.join(sorted(models))}"
    )


def shape_for(model: Any, value: Any) -> Shape:
    """Return the shape of an object: of the sort that it says it is, where its model has several."""
    name, models = variants(model)
    return shape_of(models.get(str(value.get(name)), model) if name and isinstance(value, dict) else model)


_WORDS = {str: "string", int: "integer", bool: "boolean", float: "number", list: "array", dict: "object"}


def type_problem(kind: Kind, value: Any) -> str:
    """Return the name of the type that a value should have and has not, or nothing."""
    good = isinstance(value, kind.base) and not (kind.base in {int, float} and isinstance(value, bool))
    if kind.base is float:
        good = isinstance(value, int | float) and not isinstance(value, bool)
    return "" if good or kind.base is object else _WORDS[kind.base]


def _unreadable(reason: str) -> Exception:
    return bad("InvalidRequestFormat", f"Cannot parse the request. {reason}")


def _value(kind: Kind, value: Any, path: str) -> Any:
    if wanted := type_problem(kind, value):
        raise _unreadable(f"Error converting value {value!r} to type '{wanted}'. Path '{path}'.")
    if kind.values:
        # Azure takes any case and answers with its own.
        known = {text.lower(): text for text in kind.values}
        if value.lower() not in known:
            raise _unreadable(
                f"Error converting value {value!r}. Allowed values: {', '.join(kind.values)}. Path '{path}'."
            )
        return known[value.lower()]
    if kind.model is not None:
        if problem := variant_problem(kind.model, value):
            raise _unreadable(f"{problem}. Path '{path}'.")
        return normal(shape_for(kind.model, value), value, path)
    if kind.base is list and kind.item:
        return [_value(kind.item, item, f"{path}[{place}]") for place, item in enumerate(value)]
    if kind.base is dict and kind.item:
        return {key: _value(kind.item, item, f"{path}.{key}") for key, item in value.items()}
    return value


def _object(title: str, known: dict[str, Property], body: Body, path: str) -> Body:
    found: Body = {}
    for name, value in body.items():
        place = f"{path}.{name}".lstrip(".")
        if name not in known:
            raise _unreadable(f"Could not find member '{name}' on object of type '{title}'. Path '{place}'.")
        if known[name].read_only or value is None:
            continue
        found[name] = _value(known[name].kind, value, place)
    return found


def normal(shape: Shape, body: Body, path: str = "") -> Body:
    """Return a request's body as Azure understands it: without what only Azure sets, values of enumerations corrected.

    An object that only refers to another by `id` need not have the other's required properties.

    Raises:
        ArmError: an unknown property, a wrong type, a value that an enumeration has not, a missing required one.
    """
    known = dict(shape.own)
    if shape.flat:
        known["properties"] = Property(Kind(object))
    found = _object(shape.title, known, body, path)
    inner: Body = {}
    if shape.flat and "properties" in found:
        place = f"{path}.properties".lstrip(".")
        if not isinstance(found["properties"], dict):
            raise _unreadable(f"Error converting value {found['properties']!r} to type 'object'. Path '{place}'.")
        inner = found["properties"] = _object(shape.title, shape.flat, found["properties"], place)
    # A reference names nothing but its target; as an item of a list such as `securityRules` it still is a whole object.
    if found.keys() - {"id"} or not path:
        for name, item in shape.all.items():
            if item.required and name not in (inner if name in shape.flat else found):
                raise _unreadable(f"Required property '{name}' not found in JSON. Path '{path}'.")
    return found


def to_sdk(shape: Shape, body: Body) -> Body:
    """Return an answer of Azure in the SDK's form, in full depth."""
    flattened = {**(body.get("properties") or {}), **{k: v for k, v in body.items() if k != "properties"}}
    found = flattened if shape.flat else body
    return {
        name: _each(shape.all[name].kind, value, to_sdk)
        for name, value in found.items()
        if name in shape.all and value is not None
    }


def to_body(shape: Shape, inputs: Body) -> Body:
    """Return inputs of the SDK as a body for Azure, in full depth; what the API does not know is left out."""
    own: Body = {}
    inner: Body = {}
    for name, value in inputs.items():
        if item := shape.all.get(name):
            (own if name in shape.own else inner)[name] = _each(item.kind, value, to_body)
    return {**own, "properties": inner} if shape.flat and (inner or own.keys() - {"id"}) else own


def writable(shape: Shape, values: Body) -> Body:
    """Return properties in the SDK's form without those that only Azure sets, in full depth."""
    return {
        name: _each(shape.all[name].kind, value, writable)
        for name, value in values.items()
        if name in shape.all and not shape.all[name].read_only
    }


def _each(kind: Kind, value: Any, convert: typing.Callable[[Shape, Body], Body]) -> Any:
    if kind.model is not None and isinstance(value, dict):
        return convert(shape_for(kind.model, value), value)
    if kind.base is list and isinstance(value, list) and kind.item:
        return [_each(kind.item, item, convert) for item in value]
    return value
