"""Contracts of group comparisons: who carries what, and how likely that is by chance."""

from __future__ import annotations

from leukoscope.tables.contract import Column, Table

CARRIERS = Table(
    "carriers",
    1,
    ("feature", "group"),
    (
        Column("feature", "str", "", "Gene, fusion or mark that a sample carries or not"),
        Column("group", "str", "", "Group of samples"),
        Column("carriers", "int64", "samples", "Samples of the group that carry the feature"),
        Column("total", "int64", "samples", "Samples of the group that were assessed"),
    ),
)
"""Carriers of each feature in each group."""

FEATURES = Table(
    "features",
    1,
    (),
    (
        Column("sample", "str", "", "Sample"),
        Column("feature", "str", "", "What the sample carries: a gene, fusion or mark"),
    ),
)
"""What each sample carries, one row each; a row may repeat and counts once."""

_TESTS = (
    Column("chi2_p", "float64", "", "Pearson's χ² test without correction"),
    Column("yates_p", "float64", "", "Pearson's χ² test with Yates' correction (2 × 2 only)"),
    Column("exact_p", "float64", "", "Fisher's exact test; Freeman–Halton beyond 2 × 2"),
    Column("min_expected", "float64", "samples", "Smallest count expected under independence"),
    Column("test", "str", "", "The test that the rule chose"),
    Column("p_value", "float64", "", "Two-sided p-value of the chosen test"),
    Column("p_adjusted", "float64", "", "Benjamini–Hochberg over the rows"),
    Column("q_value", "float64", "", "Storey's q, share of nulls from p ≥ 0.05; missing if not estimable"),
    Column("rule", "str", "", "Why this test"),
)

CARRIER_TESTS = Table(
    "carrier_tests",
    2,
    ("feature",),
    (
        Column("feature", "str", "", "Gene, fusion or mark"),
        Column("carriers", "str", "samples", "Carriers/assessed of each group, in the order of the groups"),
        *_TESTS,
        Column("odds_ratio", "float64", "", "Conditional maximum likelihood, first group against second"),
        Column("odds_ratio_low", "float64", "", "Exact 95 % confidence limit"),
        Column("odds_ratio_high", "float64", "", "Exact 95 % confidence limit"),
        Column("trend_p", "float64", "", "Cochran–Armitage test over the ordered groups (more than two)"),
        Column("pairs", "int64", "pairs", "Patients assessed in both groups"),
        Column("only_first", "int64", "pairs", "Pairs that carry the feature in the first group only"),
        Column("only_second", "int64", "pairs", "Pairs that carry the feature in the second group only"),
        Column("mcnemar_p", "float64", "", "Exact McNemar test of the pairs"),
        Column("paired_odds_ratio", "float64", "", "Odds ratio of the pairs, first group against second"),
        Column("paired_odds_ratio_low", "float64", "", "Exact 95 % confidence limit (Clopper–Pearson)"),
        Column("paired_odds_ratio_high", "float64", "", "Exact 95 % confidence limit (Clopper–Pearson)"),
        Column(
            "min_detectable",
            "int64",
            "samples",
            "Fewest carriers in the first group, none in the second, with exact p < 0.05; -1 if never",
        ),
    ),
)
"""Carriers of each feature compared between groups."""

CATEGORY_TESTS = Table(
    "category_tests",
    3,
    ("variable",),
    (
        Column("variable", "str", "", "Categorical variable"),
        Column("levels", "str", "", "Its levels, in order"),
        Column("counts", "str", "samples", "Samples per level, group by group"),
        Column("missing", "int64", "samples", "Samples without the variable or the group"),
        Column("cramers_v", "float64", "", "Cramér's V, corrected for bias: 0 unrelated, 1 determined"),
        *_TESTS,
        Column(
            "odds_ratio", "float64", "", "2 × 2: of the first level, first group against second; conditional"
        ),
        Column("odds_ratio_low", "float64", "", "Exact 95 % confidence limit"),
        Column("odds_ratio_high", "float64", "", "Exact 95 % confidence limit"),
    ),
)
"""Categorical variables compared between groups."""

OVERLAPS = Table(
    "overlaps",
    1,
    ("first", "second"),
    (
        Column("first", "str", "", "Name of one set of genes"),
        Column("second", "str", "", "Name of the other"),
        Column("universe", "int64", "genes", "Genes that could have been in either"),
        Column("n_first", "int64", "genes", "Genes of the first set in the universe"),
        Column("n_second", "int64", "genes", "Genes of the second set in the universe"),
        Column("outside", "int64", "genes", "Genes of either set that the universe lacks, left out"),
        Column("shared", "int64", "genes", "Genes of both"),
        Column("expected", "float64", "genes", "Shared genes expected by chance"),
        Column("odds_ratio", "float64", "", "Conditional maximum likelihood"),
        Column("odds_ratio_low", "float64", "", "Exact 95 % confidence limit"),
        Column("odds_ratio_high", "float64", "", "Exact 95 % confidence limit"),
        Column("p_value", "float64", "", "Hypergeometric probability of as many shared genes or more"),
        Column("genes", "str", "", "The shared genes, comma-separated"),
    ),
)
"""How far two gene sets share genes beyond chance."""

SUBJECTS = Table(
    "subjects",
    1,
    ("sample",),
    (Column("sample", "str", "", "Sample, or patient where there is one sample each"),),
    open=True,
)
"""Samples with the user's own columns: groups, patients, categorical and numeric variables."""
