"""What must not be called with confidence: other tissue, few leukaemic cells, two lineages, too few genes."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from leukoscope.subtyping.calling import call_subtypes
from leukoscope.subtyping.doubts import why_not_called
from leukoscope.subtyping.integration import NONE
from leukoscope.subtyping.lineage import Lineage

SURE = {"definite", "probable"}
LOST = ["chr10", "chr20"]


@pytest.fixture(scope="module")
def normal(read_counts_of):
    return read_counts_of("gse115736_haemopedia_normal")


@pytest.fixture(scope="module")
def mixed(read_counts_of, normal, knowledge):
    """Return a function that mixes patients of GSE133499 with eight normal samples, the genes that both measured."""
    counts = read_counts_of("gse133499_sciarrillo_gc")
    known = knowledge.genes[~knowledge.genes.chromosome.isin(LOST)].drop_duplicates("symbol")
    gene_of = known.set_index("symbol").gene_id
    counts = counts[counts.index.isin(gene_of.index)]
    counts.index = gene_of[counts.index]
    common = counts.index.intersection(normal.index)

    def of(patients, share, seed):
        rng = np.random.default_rng(seed)
        made = {}
        for patient in patients:
            cells = normal.loc[common, rng.choice(normal.columns, 8, replace=False)].mean(axis=1)
            own = counts.loc[common, patient]
            made[patient] = 2e7 * (share * own / own.sum() + (1 - share) * cells / cells.sum())
        return pd.DataFrame(made).round()

    return of


@pytest.fixture(scope="module")
def t_all(shared):
    labels = pd.read_csv(shared / "expression/gse133499_sciarrillo_gc/labels.tsv", sep="\t")
    return labels["sample"][labels.IPT == "T"].tolist()


@pytest.mark.parametrize("share", [0.1, 0.15, 0.3])
def test_a_t_all_among_normal_cells_is_not_called_normal(share, mixed, t_all, express_frame, knowledge):
    table = call_subtypes(express_frame(mixed(t_all, share, 1)), knowledge).table
    assert not ((table.group == "Normal") & table.tier.isin(SURE)).any()
    assert (table.group == "T-ALL").sum() >= 5


def test_normal_cells_alone_are_normal(mixed, t_all, express_frame, knowledge):
    table = call_subtypes(express_frame(mixed(t_all, 0.0, 2)), knowledge).table
    assert (table.group == "Normal").all()
    assert table.tier.isin(SURE).all()
    assert table.notes.str.contains("can go unseen").all()


def test_the_sheet_withdraws_a_normal_verdict(normal, express_frame, knowledge):
    three = normal.iloc[:, :3]
    sheet = {
        three.columns[0]: {"blast_percent": "80"},
        three.columns[1]: {"blast_percent": "2"},
        three.columns[2]: {"blast_percent": "NA"},
    }
    table = call_subtypes(express_frame(three), knowledge, known=sheet).table
    assert table.tier.tolist() == ["none", "probable", "probable"]
    assert "says 80 % blasts, the RNA is that of normal cells" in table.conflicts[0]
    assert table.reason[0].startswith("too few leukaemic cells")
    assert (table.conflicts[1:] == "").all()
    assert (table.reason[1:] == "").all()


def test_shuffled_genes_are_called_nothing(read_counts_of, express_frame, knowledge):
    counts = read_counts_of("diploid_balls_hg38").iloc[:, :10]
    order = np.random.default_rng(4).permutation(len(counts))
    shuffled = pd.DataFrame(counts.to_numpy()[order], index=counts.index, columns=counts.columns)
    table = call_subtypes(express_frame(shuffled), knowledge).table
    assert (table.tier == "none").all()
    assert (table.probability < 0.1).all()
    assert table.reason.str.startswith("expression is unlike leukaemia and blood").all()


@pytest.mark.parametrize(
    ("likeness", "stroma", "said"),
    [
        (0.52, 0.6, "expression is nearer to stroma (likeness 0.60) than to leukaemia or blood (0.52)"),
        (0.41, 0.45, "expression is unlike leukaemia and blood (likeness 0.41, at least 0.5 in patients)"),
    ],
)
def test_stroma_is_told_by_its_own_likeness(likeness, stroma, said):
    none = np.full((1, 3), np.nan)
    lineage = Lineage(none, none, np.array([likeness]), np.array([stroma]), none)
    call = SimpleNamespace(tier=NONE, group="", conflicts=())
    assert why_not_called(SimpleNamespace(only_loud=False), lineage, 0, call) == said


def test_myeloid_markers_beside_b_all_are_a_conflict(read_counts_of, express_frame, knowledge):
    counts = read_counts_of("allsorts20")
    of_myeloid = counts.index.isin(knowledge.lineage_markers.query("lineage == 'myeloid'").symbol)
    both = counts.astype(float)
    both[of_myeloid] = np.maximum(both[of_myeloid], 1e-3 * counts.sum().to_numpy())
    table = call_subtypes(express_frame(both), knowledge).table
    assert not table.tier.isin(SURE).any()
    assert table.conflicts.str.contains("flow cytometry has to tell apart").all()
    assert table.reason[table.tier == "none"].str.contains("two lineages").all()


def test_only_expressed_genes_make_no_leukaemia_of_normal_cells(normal, express_frame, knowledge):
    level = (normal / normal.sum()).mean(axis=1)
    for most in (5000, 8000):
        table = call_subtypes(express_frame(normal.loc[level.nlargest(most).index]), knowledge).table
        assert not ((table.group != "Normal") & table.tier.isin(SURE)).any()
    for most in (1000, 3000):
        few = call_subtypes(express_frame(normal.loc[level.nlargest(most).index]), knowledge).table
        assert (few.tier == "none").all()
        assert few.reason.str.contains("only the most expressed genes").all()


def test_chromosomes_without_a_read_are_not_measured(normal, express_frame, knowledge):
    """GSE115736 as deposited here has no read on two chromosomes: without their rows, the calls are the same."""
    some = normal.iloc[:, ::6]
    expression = express_frame(some)
    assert set(expression.lost) == {tuple(LOST)}
    on_lost = knowledge.genes.chromosome.isin(LOST).to_numpy()
    assert np.isnan(expression.values[:, on_lost]).all()
    rest = some[~some.index.isin(knowledge.genes.gene_id[on_lost])]
    assert not any(express_frame(rest).lost)
    with_zeros, without = (call_subtypes(e, knowledge).table for e in (expression, express_frame(rest)))
    pd.testing.assert_series_equal(with_zeros.probability, without.probability, atol=1e-3)
    assert with_zeros.notes.str.contains("Not a single read on chr10, chr20").all()
