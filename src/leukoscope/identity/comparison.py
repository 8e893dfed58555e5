"""Compare all samples of a cohort by genotype, and say what contradicts the sample sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from leukoscope.identity.genotypes import ALTERNATIVE, REFERENCE, GenotypeMatrix, join_genotypes
from leukoscope.identity.mixture import Mixture, measure_mixture
from leukoscope.identity.relation import HYPOTHESES, log_likelihoods
from leukoscope.identity.sex import sex_agreement
from leukoscope.tables.identity import IDENTITY_PAIRS, IDENTITY_SAMPLES

if TYPE_CHECKING:
    import pandas as pd

MIN_SITES = 30
MIN_RATIO = 10.0  #: nats
SAME, DIFFERENT, NOT_ASSESSABLE = "same", "different", "not assessable"


@dataclass(frozen=True, slots=True, eq=False)
class Identity:
    """What the genotypes of a cohort say."""

    samples: pd.DataFrame  #: :data:`~leukoscope.tables.identity.IDENTITY_SAMPLES`
    pairs: pd.DataFrame  #: :data:`~leukoscope.tables.identity.IDENTITY_PAIRS`
    n_sites: int  #: positions at which any sample differs from the reference


def compare_samples(
    genotypes: Mapping[str, pd.DataFrame],
    *,
    patients: Mapping[str, str] | None = None,
    declared_sex: Mapping[str, str] | None = None,
    expressed_sex: Mapping[str, str] | None = None,
    min_sites: int = MIN_SITES,
    min_ratio: float = MIN_RATIO,
) -> Identity:
    """Say of every pair of samples whether they are one person, and of every sample whether it is mixed.

    Parameters
    ----------
    genotypes
        Genotypes by sample (:data:`~leukoscope.tables.identity.GENOTYPES`).
    patients, declared_sex
        What the sample sheet says of each sample; a sample that is not named has no expectation.
    expressed_sex
        Of each sample, from :func:`~leukoscope.identity.sex.expressed_sex`.
    min_sites
        Positions below which a pair is not assessable.
    min_ratio
        Log-likelihood ratio, in nats, that a verdict needs.
    """
    import pandas as pd

    patients = patients or {}
    matrix = join_genotypes(dict(genotypes))
    tables = _pair_tables(matrix)
    rows = [
        _pair(matrix, i, j, tables[i, j], patients, min_sites, min_ratio)
        for i, j in combinations(range(len(matrix.samples)), 2)
    ]
    pairs = IDENTITY_PAIRS.check(pd.DataFrame(rows, columns=IDENTITY_PAIRS.names))
    sexes = (declared_sex or {}, expressed_sex or {})
    samples = [
        _sample(matrix, i, measure_mixture(genotypes[name], matrix, i), pairs, patients, sexes)
        for i, name in enumerate(matrix.samples)
    ]
    return Identity(
        IDENTITY_SAMPLES.check(pd.DataFrame(samples, columns=IDENTITY_SAMPLES.names)),
        pairs,
        len(matrix.position),
    )


def _pair_tables(matrix: GenotypeMatrix) -> NDArray[np.float64]:
    """Return, for every pair, the number of sites by either genotype; float64[n, n, 3, 3]."""
    shown = [(matrix.genotype == copies).astype(np.float32) for copies in range(3)]
    return np.stack([np.stack([a @ b.T for b in shown], axis=-1) for a in shown], axis=-2).astype(np.float64)


def _pair(
    matrix: GenotypeMatrix,
    i: int,
    j: int,
    table: NDArray[np.float64],
    patients: Mapping[str, str],
    min_sites: int,
    min_ratio: float,
) -> dict[str, Any]:
    allowed = np.ones((3, 3), dtype=bool)
    allowed[REFERENCE, REFERENCE] = False
    if not matrix.has_reference[i]:  # a VCF names variants only
        allowed[REFERENCE, :] = False
    if not matrix.has_reference[j]:
        allowed[:, REFERENCE] = False
    sites = int(table[allowed].sum())
    concordant = int(np.trace(np.where(allowed, table, 0)))
    likelihood = log_likelihoods(table, allowed)
    ratio = float(likelihood[0] - likelihood[1:].max())
    told = sites >= min_sites and abs(ratio) >= min_ratio
    verdict = (SAME if ratio > 0 else DIFFERENT) if told else NOT_ASSESSABLE
    one, other = matrix.samples[i], matrix.samples[j]
    expected = ""
    if one in patients and other in patients:
        expected = SAME if patients[one] == patients[other] else DIFFERENT
    return {
        "sample_1": one,
        "sample_2": other,
        "sites": sites,
        "concordant": concordant,
        "concordance": concordant / sites if sites else float("nan"),
        "opposite": int(table[REFERENCE, ALTERNATIVE] + table[ALTERNATIVE, REFERENCE]),
        "log_likelihood_ratio": round(ratio, 2),
        "relation": HYPOTHESES[int(likelihood.argmax())] if told else "",
        "verdict": verdict,
        "expected": expected,
        "conflict": told and expected not in {"", verdict},
    }


def _sample(
    matrix: GenotypeMatrix,
    i: int,
    mixture: Mixture,
    pairs: pd.DataFrame,
    patients: Mapping[str, str],
    sexes: tuple[Mapping[str, str], Mapping[str, str]],
) -> dict[str, Any]:
    name = matrix.samples[i]
    own = pairs[(pairs["sample_1"] == name) | (pairs["sample_2"] == name)]
    own = own.assign(other=own["sample_1"].where(own["sample_2"] == name, own["sample_2"]))
    same_as = sorted(own.loc[own["verdict"] == SAME, "other"])
    declared, expressed = (told.get(name, "") for told in sexes)
    conflicts = [_in_words(row) for row in own[own["conflict"]].to_dict("records")]
    if mixture.mixed == "yes":
        source = f" of the person of {mixture.source}" if mixture.source else ""
        conflicts.append(f"mixed with RNA of another person{source}, or nearly haploid")
    if sex_agreement(expressed, declared) == 0:
        conflicts.append(f"expresses the genes of a {expressed} sample, declared {declared}")
    return {
        "sample": name,
        "patient": patients.get(name, ""),
        "variants": int((matrix.genotype[i] > 0).sum()),
        "heterozygous": int((matrix.genotype[i] == 1).sum()),
        "odd_share": mixture.odd_share,
        "mixed": mixture.mixed,
        "mixed_with": mixture.source,
        "same_as": ",".join(same_as),
        "likely_patient": _likely_patient(name, same_as, patients),
        "sex_declared": declared,
        "sex_expressed": expressed,
        "conflicts": "; ".join(conflicts),
    }


def _in_words(row: Mapping[Any, Any]) -> str:
    found = "the same person as" if row["verdict"] == SAME else "another person than"
    return f"{found} {row['other']} ({row['concordance']:.0%} of {row['sites']} genotypes agree)"


def _likely_patient(name: str, same_as: Sequence[str], patients: Mapping[str, str]) -> str:
    """Return the patient of the samples that are the same person, if it is one and not the declared one."""
    found = {patients[other] for other in same_as if other in patients}
    return found.pop() if len(found) == 1 and patients.get(name) not in found else ""
