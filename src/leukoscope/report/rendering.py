"""Fill a template and seal the page: one file, no request, a policy that the browser enforces."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

_TEMPLATES = Environment(
    loader=PackageLoader("leukoscope.report"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def asset(name: str) -> str:
    """Return the text of a style sheet or script of the package."""
    return files("leukoscope.report").joinpath("assets", name).read_text(encoding="utf-8")


def printed_on_every_page(text: str) -> str:
    r"""Return the style that prints a text at the top of every page.

    Examples
    --------
    >>> printed_on_every_page("P-1")
    '@page { @top-right { content: "P\\00002d1"; font: 8.5pt sans-serif; } }'
    """
    escaped = "".join(sign if sign.isascii() and sign.isalnum() else f"\\{ord(sign):06x}" for sign in text)
    return f'@page {{ @top-right {{ content: "{escaped}"; font: 8.5pt sans-serif; }} }}'


def policy(style: str, script: str, *, images: bool = False) -> str:
    """Return a content-security policy under which only this style and this script work.

    Nothing can be loaded or sent: no font, frame, form or connection, and no image but, with
    `images`, those that stand in the page itself.
    """
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        + ("img-src data:; " if images else "")
        + "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def sealed_page(template: str, *, style: str, script: str, images: bool = False, **values: object) -> str:
    """Return a template filled with values, with its style and script inside and sealed by hash."""
    return _TEMPLATES.get_template(template).render(
        style=Markup(style),
        script=Markup(script),
        policy=policy(style, script, images=images),
        **values,
    )
