"""Score `leukoscope identity` on simulated people: relations, swaps, mixtures, losses of chromosomes.

Genotypes are drawn from allele frequencies, reads from genotypes: allelic expression is beta-binomial
(sd 0.1 around one half), 2 % of heterozygous sites express one allele, 0.3 % of bases are wrong, depths are
log-normal.  Usage: ``python benchmarks/identity.py [--seed 1] [--people 40] [--sites 6000]``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.identity import compare_samples
from leukoscope.identity.genotypes import tabulate_genotypes

N_CHROMOSOMES = 22
Alleles = NDArray[np.int8]  #: (2, n_sites)


class Population:
    """Sites with allele frequencies, people drawn from them, and the reads of their samples."""

    def __init__(self, rng: np.random.Generator, n_sites: int) -> None:
        self.rng = rng
        self.chromosome = np.sort(rng.integers(0, N_CHROMOSOMES, n_sites))
        self.position = np.arange(n_sites) * 1_000
        self.frequency = rng.beta(0.4, 1.2, n_sites).clip(0.002, 0.998)
        self.expression = rng.lognormal(3.2, 1.2, n_sites)  # median depth 25

    def person(self) -> Alleles:
        """Draw a person from the population."""
        return (self.rng.random((2, len(self.frequency))) < self.frequency).astype(np.int8)

    def child(self, mother: Alleles, father: Alleles) -> Alleles:
        """Draw a child."""
        return np.stack([self._gamete(mother), self._gamete(father)])

    def _gamete(self, parent: Alleles) -> NDArray[np.int8]:
        copy = self.rng.integers(0, 2, N_CHROMOSOMES)[self.chromosome]
        crossing = self.rng.integers(0, len(self.frequency), 2 * N_CHROMOSOMES)  # two a chromosome
        copy ^= (np.searchsorted(np.sort(crossing), np.arange(len(copy))) & 1).astype(copy.dtype)
        inherited: NDArray[np.int8] = parent[copy, np.arange(parent.shape[1])]
        return inherited

    def sample(
        self,
        person: Alleles,
        *,
        lost: Sequence[int] = (),
        purity: float = 1.0,
        other: Alleles | None = None,
        share: float = 0.0,
    ) -> pd.DataFrame:
        """Return the genotypes that reads of a sample show.

        `purity` of the cells lost one copy of the chromosomes `lost`; a `share` of the RNA is of `other`.
        """
        rng, n = self.rng, len(self.frequency)
        copy = rng.beta(12, 12, n)  # share of the first allele: sd 0.1
        copy = np.where(rng.random(n) < 0.02, rng.integers(0, 2, n), copy)
        gone = np.isin(self.chromosome, list(lost))
        copy = np.where(gone, purity + (1 - purity) * copy, copy)
        fraction = copy * person[0] + (1 - copy) * person[1]
        if other is not None:
            fraction = (1 - share) * fraction + share * other.mean(axis=0)
        depth = rng.poisson(self.expression * rng.gamma(2, 0.5, n))
        reads = rng.binomial(depth, fraction * 0.997 + (1 - fraction) * 0.001)
        counts = np.stack([depth - reads, reads, np.zeros(n, int), np.zeros(n, int)], axis=1).astype(
            np.uint16
        )
        names = [f"chr{i + 1}" for i in range(N_CHROMOSOMES)]
        return tabulate_genotypes(counts, np.zeros(n, np.uint8), (names, self.chromosome, self.position))


def relations(population: Population, n_people: int) -> pd.DataFrame:
    """Return verdicts by true relation; every person has an onset and a remission sample."""
    everything = range(N_CHROMOSOMES)
    rows = []
    for _ in range(n_people):
        mother, father = population.person(), population.person()
        one, sibling = population.child(mother, father), population.child(mother, father)
        onset = population.sample(one)
        compared = {
            "same person": population.sample(one),
            "same, 6 chromosomes lost": population.sample(one, lost=range(6), purity=0.95),
            "same, near haploid": population.sample(one, lost=everything, purity=0.95),
            "same, shallow (100 sites)": population.sample(one).sample(frac=0.05, random_state=1),
            "siblings": population.sample(sibling),
            "parent and child": population.sample(mother),
            "unrelated": population.sample(population.person()),
            "unrelated, near haploid": population.sample(population.person(), lost=everything, purity=0.95),
        }
        for truth, other in compared.items():
            pair = compare_samples({"onset": onset, "other": other}).pairs.iloc[0]
            rows.append(
                (truth, pair["verdict"], pair["relation"], pair["concordance"], pair["log_likelihood_ratio"])
            )
    frame = pd.DataFrame(rows, columns=["truth", "verdict", "relation", "concordance", "ratio"])
    groups = frame.groupby("truth", sort=False)
    counted = pd.crosstab(frame["truth"], frame["verdict"]).reindex(frame["truth"].unique())
    return counted.assign(
        concordance=groups["concordance"].median().round(3),
        least_ratio=groups["ratio"].apply(lambda values: values.iloc[values.abs().argmin()]),
    )


def mixtures(population: Population, n_people: int) -> pd.DataFrame:
    """Return how often a sample is called mixed by the share of a second person, and the source named."""
    rows = []
    for share in (0.0, 0.03, 0.05, 0.1, 0.2, 0.35, 0.5):
        for _ in range(n_people):
            one, other, third = (population.person() for _ in range(3))
            tables = {
                "mixed": population.sample(one, other=other, share=share),
                "source": population.sample(other),
                "bystander": population.sample(third),
            }
            found = compare_samples(tables).samples.set_index("sample").loc["mixed"]
            rows.append((share, found["odd_share"], found["mixed"] == "yes", found["mixed_with"] == "source"))
    frame = pd.DataFrame(rows, columns=["share", "odd_share", "mixed", "source_named"])
    return frame.groupby("share").agg({"odd_share": "median", "mixed": "sum", "source_named": "sum"}).round(3)


def swaps(population: Population, n_people: int) -> str:
    """Swap the remission samples of two of the patients; return what is named."""
    people = [population.person() for _ in range(n_people)]
    tables, patients = {}, {}
    for number, person in enumerate(people):
        for time_point in ("onset", "remission", "relapse"):
            given = {0: 1, 1: 0}.get(number, number) if time_point == "remission" else number
            tables[f"P{given}_{time_point}"] = population.sample(person)
            patients[f"P{given}_{time_point}"] = f"P{given}"
    begun = time.process_time()
    found = compare_samples(tables, patients=patients)
    spent = time.process_time() - begun
    named = found.samples[found.samples["likely_patient"] != ""]
    told = ", ".join(f"{row.sample} is of {row.likely_patient}" for row in named.itertuples())
    in_conflict = f"{int(found.pairs['conflict'].sum())} of {len(found.pairs)} pairs in conflict"
    return f"{len(tables)} samples, {found.n_sites} sites: {told}; {in_conflict}; {spent:.1f} s CPU"


def main() -> None:
    """Print the three tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--people", type=int, default=40)
    parser.add_argument("--sites", type=int, default=6_000)
    args = parser.parse_args()
    population = Population(np.random.default_rng(args.seed), args.sites)
    print(relations(population, args.people).to_string(), "\n")
    print(mixtures(population, args.people).to_string(), "\n")
    print(swaps(population, args.people))


if __name__ == "__main__":
    main()
