"""What the report of a cohort is made from: ``cohort.json`` and the tables that it names."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leukoscope.errors import InputError
from leukoscope.publishing import publish_text
from leukoscope.tables import Table, contracts
from leukoscope.workers import Each

if TYPE_CHECKING:
    import pandas as pd

    from leukoscope.cohort import Cohort
    from leukoscope.genemodel import GeneModel
    from leukoscope.genesets import GeneSets
    from leukoscope.study import Study

FILE = "cohort.json"
FORMAT = 2  #: of that file; another one is refused, because the report would lack what it must say
_OF_WORDS = {"sample", "baseline"}  #: open tables whose further columns are text


@dataclass(frozen=True, slots=True)
class CohortDocument:
    """The findings of a cohort as they stand on disk; the report shows nothing else."""

    summary: dict[str, Any]  #: content of ``cohort.json``
    tables: Mapping[str, pd.DataFrame]  #: by path below ``tables/``, without ending

    def table(self, path: str) -> pd.DataFrame | None:
        """Return a table, or None if the study has none of that path or it has no row."""
        found = self.tables.get(path)
        return None if found is None or found.empty else found


def compile_document(
    summary: Mapping[str, Any], entries: Iterable[tuple[str, Table, pd.DataFrame]]
) -> CohortDocument:
    """Return a document, its tables as they will be read back.

    Parameters
    ----------
    summary
        :func:`leukoscope.study.results.summarise`.
    entries
        Path (without ending), contract and content of every table.
    """
    named, tables = {}, {}
    for path, table, frame in entries:
        checked = table.check(frame, source=path)
        if table.key:
            checked = checked.sort_values(list(table.key), kind="stable", ignore_index=True)
        tables[path] = checked
        named[path] = table.name
    return CohortDocument({"format": FORMAT, **summary, "tables": named}, tables)


def document_of(
    study: Study,
    *,
    cohort: Cohort | None,
    tpm: pd.DataFrame | None = None,
    gene_sets: GeneSets | None = None,
    exemplars: Sequence[Mapping[str, Any]] = (),
) -> CohortDocument:
    """Return the document of a study.

    Parameters
    ----------
    study
        What was found.
    cohort, tpm, gene_sets
        What it was found in, as given to :func:`~leukoscope.study.study_cohort`; figures show some of it.
    exemplars
        Of :func:`exemplars_of`: fusions to draw with their genes.
    """
    from leukoscope.study.figure_data import figure_tables
    from leukoscope.study.results import study_tables, summarise

    shown = figure_tables(study, cohort=cohort, tpm=tpm, gene_sets=gene_sets)
    summary = {**summarise(study), "exemplars": list(exemplars)}
    return compile_document(summary, [*study_tables(study), *shown])


def exemplars_of(
    study: Study, fusions: Mapping[str, pd.DataFrame], gene_model: GeneModel
) -> list[dict[str, Any]]:
    """Return the pairs that recur most at onset, as a drawing needs them: title and structure."""
    from leukoscope.fusions.structure import fusion_structures, structure_to_json
    from leukoscope.study.figure_data import exemplar_calls

    calls = exemplar_calls(study, fusions)
    structures = fusion_structures(calls, gene_model)
    return [
        {
            "title": f"{call['fusion']} of {call['sample']}, in {call['recurrence']}",
            "structure": structure_to_json(s),
        }
        for call, s in zip(calls.to_dict("records"), structures, strict=True)
    ]


def write_document(document: CohortDocument, folder: Path, *, each: Each = map) -> None:
    """Write ``cohort.json`` and ``tables/``, one after another or by :func:`~leukoscope.workers.open_workers`."""
    paths = [folder / "tables" / f"{path}.tsv" for path in document.summary["tables"]]
    tables = [document.tables[path] for path in document.summary["tables"]]
    for _ in each(_write, document.summary["tables"].values(), tables, paths):
        pass
    text = json.dumps(document.summary, indent=1, ensure_ascii=False, allow_nan=False)
    publish_text(folder / FILE, text + "\n")


def _write(kind: str, frame: pd.DataFrame, path: Path) -> None:
    known = {table.name: table for table in contracts()}
    known[kind].write(frame, path)


def read_document(path: Path) -> CohortDocument:
    """Read ``cohort.json`` and the tables beside it.

    Raises
    ------
    InputError
        If it is not a document of a cohort, or of another version, or a table is missing or broken.
    """
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file.") from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{path.name}: not a JSON document ({error}).") from error
    if not is_cohort(summary):
        raise InputError(f"{path.name}: not the document of a cohort, as 'leukoscope cohort' writes it.")
    if summary.get("format") != FORMAT:
        raise InputError(
            f"{path.name}: written by another version of leukoscope (format {summary.get('format')}; this one reads "
            f"{FORMAT}). Run 'leukoscope cohort' again."
        )
    known = {table.name: table for table in contracts()}
    unknown = sorted({name for name in summary["tables"].values() if name not in known})
    if unknown:
        raise InputError(f"{path.name}: made by another version of leukoscope; unknown table {unknown[0]}.")
    folder = path.parent / "tables"
    tables = {name: _read(known[kind], folder / f"{name}.tsv") for name, kind in summary["tables"].items()}
    return CohortDocument(summary, tables)


def _read(table: Table, path: Path) -> pd.DataFrame:
    """Read a table; the columns that its contract does not name hold numbers, but for sheets of the user's own."""
    frame = table.read(path)
    own = [name for name in frame.columns if name not in table.names]
    if not own or table.name in _OF_WORDS:
        return frame
    return frame.assign(**{name: frame[name].replace("", "nan").astype(float) for name in own})


def is_cohort(document: object) -> bool:
    """Tell whether a parsed JSON document is one of a cohort rather than of a patient."""
    return isinstance(document, dict) and isinstance(document.get("tables"), dict) and "contrasts" in document
