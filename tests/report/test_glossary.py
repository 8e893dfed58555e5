"""The glossary of the report and the page of the documentation are one."""

from __future__ import annotations

from pathlib import Path

from leukoscope.report.glossary import GLOSSARY

PAGE = Path(__file__).resolve().parents[2] / "docs" / "glossary.md"


def test_the_page_holds_the_words_of_the_report():
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")][1:]
    assert rows[1:] == [f"| {word} | {meaning} |" for word, meaning in GLOSSARY]


def test_words_stand_in_order_and_end_with_a_full_stop():
    words = [word.lower() for word, _ in GLOSSARY]
    assert words == sorted(words)
    assert all(meaning.endswith(".") for _, meaning in GLOSSARY)
