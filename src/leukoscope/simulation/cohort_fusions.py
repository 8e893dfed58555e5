"""Fusion tables of a simulated cohort: recurrent pairs with the paper's carrier counts, and private ones."""

from __future__ import annotations

from importlib.resources import files
from io import StringIO
from typing import TYPE_CHECKING, Any

import numpy as np

from leukoscope.tables.fusions import FUSIONS

if TYPE_CHECKING:
    import pandas as pd

PRIVATE = 2  #: private fusions of a sample, on average


def read_recurrent() -> pd.DataFrame:
    """Return the recurrent pairs and how many patients carry each, by risk at onset and in remission.

    Per breakpoint gene the carriers at onset and in remission are those behind Fig. 2A of Li et
    al. 2024; pairs and the split by risk follow the paper's text where it gives them.
    """
    import pandas as pd

    text = files("leukoscope.simulation").joinpath("cohort_fusions.tsv").read_text(encoding="utf-8")
    return pd.read_csv(StringIO(text), sep="\t", keep_default_na=False)


def draw_carriers(rng: np.random.Generator, samples: pd.DataFrame) -> pd.DataFrame:
    """Choose who carries what: pairs that share a gene have different carriers, a bundle the same.

    Returns
    -------
    pandas.DataFrame
        One row per carrying sample and pair: sample, and the columns of the recurrent pairs.
    """
    import pandas as pd

    recurrent = read_recurrent()
    groups = {
        "onset_high": (samples["timepoint"] == "onset") & (samples["risk"] == "high"),
        "onset_non_high": (samples["timepoint"] == "onset") & (samples["risk"] != "high"),
        "remission": samples["timepoint"] == "remission",
    }
    taken: dict[str, set[str]] = {}
    rows = []
    for bundle in _bundles(recurrent):
        genes: set[str] = {gene for pair in bundle for gene in (pair["gene1"], pair["gene2"])}
        for group, members in groups.items():
            busy = {name for gene in genes for name in taken.get(gene, ())}
            free = [name for name in samples.loc[members, "sample"] if name not in busy]
            chosen = (
                sorted(rng.choice(free, int(bundle[0][group]), replace=False)) if bundle[0][group] else []
            )
            for gene in genes:
                taken.setdefault(gene, set()).update(chosen)
            rows += [{"sample": str(name), **pair} for name in chosen for pair in bundle]
    return pd.DataFrame(rows)


def _bundles(recurrent: pd.DataFrame) -> list[list[dict[str, Any]]]:
    """Return the pairs, those with the same bundle together; the largest demand first."""
    bundles: dict[str, list[dict[str, Any]]] = {}
    for number, row in enumerate(recurrent.to_dict("records")):
        bundles.setdefault(str(row["bundle"]) or f"#{number}", []).append({str(k): v for k, v in row.items()})
    return sorted(bundles.values(), key=lambda b: -int(b[0]["remission"]))


def persisting(carriers: pd.DataFrame, samples: pd.DataFrame) -> pd.DataFrame:
    """Return the carriers with the onset fusions of relapsed patients carried at relapse too."""
    import pandas as pd

    relapsed = samples.loc[samples["timepoint"] == "relapse", "patient"]
    at_onset = carriers[carriers["sample"].isin([f"{patient}_onset" for patient in relapsed])]
    again = at_onset.assign(sample=at_onset["sample"].str.replace("_onset", "_relapse"))
    return pd.concat([carriers, again], ignore_index=True)


def fusion_table(
    rng: np.random.Generator, sample: str, carriers: pd.DataFrame, genes: pd.DataFrame, private: set[str]
) -> pd.DataFrame:
    """Return the fusion calls of one sample (:data:`leukoscope.tables.fusions.FUSIONS`).

    Parameters
    ----------
    rng
        Source of chance.
    sample
        Name of the sample.
    carriers
        Who carries which recurrent pair.
    genes
        Genes for private fusions: gene_id, symbol, chromosome, start, end.
    private
        Symbols that took part in a private fusion before; extended in place, so that none recurs.
    """
    import pandas as pd

    recurrent = carriers[carriers["sample"] == sample].to_dict("records")
    rows = [_row(rng, {str(k): v for k, v in row.items()}) for row in recurrent]
    for _ in range(int(rng.poisson(PRIVATE))):
        pair = [genes.iloc[int(i)] for i in rng.choice(len(genes), 2, replace=False)]
        symbols = {str(gene["symbol"]) for gene in pair}
        if symbols & private or pair[0]["chromosome"] == pair[1]["chromosome"]:
            continue
        private |= symbols
        rows.append(_row(rng, _private_pair(pair)))
    if not rows:
        return FUSIONS.empty()
    return FUSIONS.check(pd.DataFrame(rows).sort_values("split_reads1", ascending=False, kind="stable"))


def _private_pair(pair: list[pd.Series]) -> dict[str, object]:
    a, b = pair
    return {
        "gene1": a["symbol"],
        "gene2": b["symbol"],
        "gene_id1": a["gene_id"],
        "gene_id2": b["gene_id"],
        "type": "translocation",
        "breakpoint1": f"{a['chromosome']}:{(a['start'] + a['end']) // 2}",
        "breakpoint2": f"{b['chromosome']}:{(b['start'] + b['end']) // 2}",
        "strand1": "+",
        "strand2": "+",
    }


def _row(rng: np.random.Generator, pair: dict[str, object]) -> dict[str, object]:
    """Fill a row of Arriba's table with support; two in three of the pairs are well supported."""
    strong = bool(rng.random() < 0.67)
    reads = rng.integers(4, 60, 2) if strong else rng.integers(1, 4, 2)
    numbers = ("probability", "panel_frequency")
    row: dict[str, object] = dict.fromkeys(FUSIONS.names, "") | dict.fromkeys(numbers, float("nan"))
    return row | {
        **{name: pair[name] for name in ("gene1", "gene2", "gene_id1", "gene_id2", "type")},
        "breakpoint1": pair["breakpoint1"],
        "breakpoint2": pair["breakpoint2"],
        "strand1(gene/fusion)": f"{pair['strand1']}/{pair['strand1']}",
        "strand2(gene/fusion)": f"{pair['strand2']}/{pair['strand2']}",
        "site1": "CDS/splice-site",
        "site2": "CDS/splice-site",
        "split_reads1": int(reads[0]),
        "split_reads2": int(reads[1]),
        "discordant_mates": int(rng.integers(0, 30)) if strong else 0,
        "coverage1": int(rng.integers(50, 400)),
        "coverage2": int(rng.integers(50, 400)),
        "confidence": "high" if strong else "medium",
        "reading_frame": "in-frame" if strong else "out-of-frame",
        "direction1": "downstream" if pair["strand1"] == "+" else "upstream",
        "direction2": "upstream" if pair["strand2"] == "+" else "downstream",
    }
