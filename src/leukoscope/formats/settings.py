"""Settings in YAML: only what differs from the defaults, and nothing that has no meaning."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from leukoscope.errors import InputError


def read_settings(path: Path, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the defaults with what the file says instead.

    Parameters
    ----------
    path
        A YAML mapping.
    defaults
        Every setting with its default; settings within a setting are mappings.  A number takes the place
        of a number, a text that of a text, a list of texts that of a list.

    Raises
    ------
    InputError
        If it is no YAML mapping, names an unknown setting, or a value is of another kind.
    """
    import yaml

    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name}: not YAML ({' '.join(str(error).split())}).") from None
    return _merged(path.name, "", {} if given is None else given, defaults)


def _merged(source: str, place: str, given: Any, defaults: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise InputError(
            f"{source}: {place or 'the file'} holds {given!r}, not settings of the form 'name: value'."
        )
    unknown = [str(name) for name in given if name not in defaults]
    if unknown:
        near = get_close_matches(unknown[0], list(defaults), n=1)
        hint = f"Do you mean '{near[0]}'?" if near else f"There are {', '.join(defaults)}."
        raise InputError(f"{source}: {len(unknown)} unknown setting(s): '{_join(place, unknown[0])}'. {hint}")
    merged = dict(defaults)
    for name, value in given.items():
        here, default = _join(place, name), defaults[name]
        merged[name] = (
            _merged(source, here, value, default)
            if isinstance(default, Mapping)
            else _value(source, here, value, default)
        )
    return merged


def _value(source: str, place: str, value: Any, default: Any) -> Any:
    if isinstance(default, list):
        fits, kind = isinstance(value, list) and all(isinstance(one, str) for one in value), "a list of texts"
    elif isinstance(default, float):
        fits, kind = isinstance(value, int | float) and not isinstance(value, bool), "a number"
    elif isinstance(default, int):
        fits, kind = (
            isinstance(value, int) and not isinstance(value, bool) and value >= 0,
            "a whole number from 0 on",
        )
    else:
        fits, kind = isinstance(value, str), "a text"
    if not fits:
        raise InputError(f"{source}: {place} is {value!r}, not {kind}.")
    return float(value) if isinstance(default, float) else value


def _join(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
