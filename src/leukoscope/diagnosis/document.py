"""A :class:`Diagnosis` as JSON and back, and the JSON Schema that follows from its parts."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import types
import typing
from typing import Any

from leukoscope.diagnosis.values import SCHEMA_VERSION, Diagnosis
from leukoscope.errors import InputError

_SIMPLE = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def to_json(diagnosis: Diagnosis) -> str:
    """Return the document; equal diagnoses give equal bytes."""
    return json.dumps(_plain(diagnosis), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def report_id(document: str) -> str:
    """Return the SHA-256 of a document's text, by which a report names it."""
    return hashlib.sha256(document.encode()).hexdigest()


def from_json(document: str, *, source: str = "diagnosis.json") -> Diagnosis:
    """Read a document that :func:`to_json` wrote.

    Raises
    ------
    InputError
        If it is no JSON, of another schema version, or breaks the schema; the text names the
        first place that does.
    """
    import jsonschema

    try:
        content = json.loads(document)
    except json.JSONDecodeError as error:
        raise InputError(f"{source}: not a whole JSON file ({error}).") from error
    version = content.get("schema_version") if isinstance(content, dict) else None
    if version is None:
        raise InputError(f"{source}: no diagnosis.json (it has no schema_version).")
    if version != SCHEMA_VERSION:
        raise InputError(
            f"{source}: a diagnosis of schema version {version}; this leukoscope reads {SCHEMA_VERSION}; "
            "run 'leukoscope patient' again."
        )
    wrong = next(jsonschema.Draft202012Validator(schema()).iter_errors(content), None)
    if wrong is not None:
        raise InputError(f"{source}: {wrong.json_path}: {wrong.message.splitlines()[0][:200]}.")
    made: Diagnosis = _made(Diagnosis, content)
    return made


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the document."""
    parts: dict[str, Any] = {}
    root = _described(Diagnosis, parts)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "leukoscope diagnosis",
        "description": "All that a leukoscope patient report may say. For research use only.",
        "$ref": root["$ref"],
        "$defs": dict(sorted(parts.items())),
    }


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, float) and math.isnan(value):
        return None
    return value


def _made(kind: Any, content: Any) -> Any:
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return kind(**{name: _made(hint, content[name]) for name, hint in hints.items()})  # type: ignore[operator]
    if typing.get_origin(kind) is tuple:
        return tuple(_made(typing.get_args(kind)[0], item) for item in content)
    if kind is float or (isinstance(kind, types.UnionType) and float in typing.get_args(kind)):
        return None if content is None else float(content)
    return content


def _described(kind: Any, parts: dict[str, Any]) -> dict[str, Any]:
    if dataclasses.is_dataclass(kind):
        name = getattr(kind, "__name__", "")
        if name not in parts:
            parts[name] = {}  # a part may hold itself
            properties = {n: _described(hint, parts) for n, hint in typing.get_type_hints(kind).items()}
            parts[name] = {
                "type": "object",
                "description": (kind.__doc__ or "").splitlines()[0],
                "properties": properties,
                "required": list(properties),
                "additionalProperties": False,
            }
        return {"$ref": f"#/$defs/{name}"}
    if typing.get_origin(kind) is tuple:
        return {"type": "array", "items": _described(typing.get_args(kind)[0], parts)}
    if isinstance(kind, types.UnionType):
        return {"anyOf": [_described(choice, parts) for choice in typing.get_args(kind)]}
    return {"type": _SIMPLE.get(kind, "object")}
