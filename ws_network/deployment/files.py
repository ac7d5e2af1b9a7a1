"""Reads a deployment file and the base files it extends.

Owns files: YAML (JSON is YAML too), `extends`, merging. Does not own what the keys mean: that is the model's.
"""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from ws_network.errors import UserError


class _Loader(yaml.SafeLoader):
    """SafeLoader that refuses a key written twice: YAML would keep the last one without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":  # `<<`, which may say more than one mapping
                continue
            key = self.construct_object(key_node, deep=True)
            line = key_node.start_mark.line + 1
            if not isinstance(key, Hashable):
                raise UserError(
                    f"the key in line {line} is a list or mapping: a text in braces needs quotes around it."
                )
            if key in seen:
                raise UserError(f"key '{key}' is there twice (again in line {line}): remove one.")
            seen.add(key)
        return super().construct_mapping(node, deep)


def load_content(path: Path, seen: tuple[Path, ...] = ()) -> dict[str, Any]:
    """Return the content of a YAML file merged over the files that it `extends`, as plain maps and lists.

    Maps merge key by key, lists and plain values replace those of the base.

    Raises:
        UserError: a file cannot be read, is no YAML or no mapping, or extends in a circle.
    """
    resolved = path.resolve()
    if resolved in seen:
        raise UserError(f"{path} extends itself by way of {seen[-1].name}: remove one of the two 'extends'.")
    content = _read(path)
    bases = content.pop("extends", [])
    if isinstance(bases, str):
        bases = [bases]
    if not isinstance(bases, list) or not all(isinstance(base, str) for base in bases):
        raise UserError(f"{path}: 'extends' must be a file name, or a list of them.")
    merged: dict[str, Any] = {}
    for base in bases:
        merged = merge(merged, load_content(path.parent / base, (*seen, resolved)))
    return merge(merged, content)


def merge(base: dict[str, Any], overlay: dict[str, Any]) -> dict[str, Any]:
    """Return `overlay` over `base`: maps merge, everything else replaces."""
    merged = dict(base)
    for key, value in overlay.items():
        below = merged.get(key)
        merged[key] = merge(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"cannot read {path} ({error.strerror}): give the path of a deployment file.") from None
    except UnicodeDecodeError:
        raise UserError(f"{path} is no UTF-8 text: save it as UTF-8.") from None
    try:
        content = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it cannot be read"
        raise UserError(f"{path} is no YAML{where}: {problem}.") from None
    if not isinstance(content, dict):
        raise UserError(f"{path} is no mapping: begin it with 'region:', as ws-network init does.")
    return content
