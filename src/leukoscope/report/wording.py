"""How numbers and lists read in a report: the one place where they become words."""

from __future__ import annotations

from collections.abc import Sequence

#: What stands where there is no value.
ABSENT = "–"


def count(value: float | None) -> str:
    """Return a whole number with separators.

    Examples
    --------
    >>> count(10848), count(None)
    ('10,848', '–')
    """
    return ABSENT if value is None else f"{value:,.0f}"


def measured(value: float | None, unit: str) -> str:
    """Return a value with its unit; large and whole ones without decimals.

    Examples
    --------
    >>> measured(30e6, "pairs"), measured(92.404, "%"), measured(1.2848, ""), measured(1, "")
    ('30,000,000 pairs', '92.4 %', '1.28', '1')
    """
    if value is None:
        return ABSENT
    if value >= 1000 or value == int(value):
        return f"{value:,.0f} {unit}".strip()
    return f"{value:.1f} {unit}" if unit else f"{value:.2f}"


def expression(tpm: float | None) -> str:
    """Return an expression in TPM: two significant digits below 10, whole above.

    Examples
    --------
    >>> expression(0.0), expression(0.034), expression(4.56), expression(1234.5)
    ('0', '0.034', '4.6', '1,234')
    """
    if tpm is None:
        return ABSENT
    if tpm == 0:
        return "0"
    return f"{tpm:,.0f}" if tpm >= 10 else f"{tpm:.2g}"


def share(value: float | None) -> str:
    """Return a share as a percentage.

    Examples
    --------
    >>> share(0.436), share(0.0004), share(None)
    ('44 %', '<0.1 %', '–')
    """
    if value is None:
        return ABSENT
    percent = 100 * value
    if 0 < percent < 0.1:
        return "<0.1 %"
    return f"{percent:.0f} %" if percent >= 10 or percent == 0 else f"{percent:.1f} %"


def several(number: int, singular: str, plural: str = "") -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> several(1, "fusion"), several(0, "fusion"), several(2, "assay", "assays")
    ('1 fusion', 'no fusion', '2 assays')
    """
    if number == 0:
        return f"no {singular}"
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def enumerated(parts: Sequence[str]) -> str:
    """Return a list as a phrase.

    Examples
    --------
    >>> enumerated(["BCR", "ABL1", "CRLF2"]), enumerated([])
    ('BCR, ABL1 and CRLF2', '')
    """
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def sentence(text: str) -> str:
    """Return a text as a sentence: a capital letter first, a full stop last.

    Examples
    --------
    >>> sentence("fusions were not searched")
    'Fusions were not searched.'
    """
    if not text:
        return ""
    ended = text if text.endswith((".", "!", "?")) else f"{text}."
    return ended[0].upper() + ended[1:]


FRAMES = {
    "in-frame": "in frame",
    "out-of-frame": "out of frame",
    "stop-codon": "a stop codon before the junction",
}


def frame(reading_frame: str) -> str:
    """Return the reading frame in words.

    Examples
    --------
    >>> frame("in-frame"), frame("")
    ('in frame', 'reading frame not known')
    """
    return FRAMES.get(reading_frame, "reading frame not known")


_ADDRESSES = {
    "PMID:": "https://pubmed.ncbi.nlm.nih.gov/",
    "PMC": "https://pmc.ncbi.nlm.nih.gov/articles/PMC",
    "DOI:": "https://doi.org/",
    "NCT": "https://clinicaltrials.gov/study/NCT",
}


def address(identifier: str) -> str:
    """Return the web address of a publication, empty if its identifier has none.

    Examples
    --------
    >>> address("PMID:28972016"), address("Blood:124:3420")
    ('https://pubmed.ncbi.nlm.nih.gov/28972016', '')
    """
    for prefix, start in _ADDRESSES.items():
        if identifier.startswith(prefix):
            return start + identifier.removeprefix(prefix)
    return ""
