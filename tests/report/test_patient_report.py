"""The patient report: what it says, that it is sealed, and that a browser agrees."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from itertools import pairwise

import pandas as pd
import pytest

from leukoscope.diagnosis import SampleEvidence, report_id, to_json
from leukoscope.report.patient import patient_report
from leukoscope.report.summary import headline, summarise
from leukoscope.tables.deletions import DELETIONS
from leukoscope.tables.fusions import FUSIONS
from leukoscope.tables.subtyping import SUBTYPE_CALLS

from .conftest import call, gate, mutation, onset, subtype_of

RUO = "For research use only. Not for use in diagnostic procedures."


def html(diagnosis):
    return patient_report(to_json(diagnosis))


def words(page):
    body = page[page.index("<body>") : page.index("<script>")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


@pytest.mark.parametrize(
    ("sample", "sentence"),
    [
        pytest.param(
            onset(fusions=call("BCR", "ABL1", exons="e14a2")),
            "BCR::ABL1 e14a2 detected, high confidence, in frame.",
            id="a defining fusion",
        ),
        pytest.param(
            onset(fusions=call("FLT3", "FLT3", type="duplication/ITD")),
            "FLT3-ITD detected, high confidence, in frame.",
            id="an event within a gene",
        ),
        pytest.param(onset(), "No defining fusion detected.", id="none"),
        pytest.param(
            onset(quality=gate(read_pairs=10_848)),
            "No fusion detected, but the sample is too poor to exclude one.",
            id="none and too few reads",
        ),
        pytest.param(
            onset(fusions=None), "No statement on fusions: they were not searched.", id="not searched"
        ),
        pytest.param(
            SampleEvidence("S", "remission", fusions=FUSIONS.empty()),
            "No fusion detected in remission; a sample of the leukaemia is needed to name it.",
            id="remission",
        ),
        pytest.param(
            onset(fusions=call("TTYH3", "LFNG")),
            "No defining fusion detected.",
            id="an event of the research list",
        ),
    ],
)
def test_the_headline_says_what_it_is(diagnosed, sample, sentence):
    diagnosis = diagnosed(sample)
    assert headline(diagnosis) == sentence
    assert sentence in words(html(diagnosis))


def test_a_clean_sample_is_not_called_clear_where_nothing_can_be_excluded(diagnosed):
    cards = {card.title: card for card in summarise(diagnosed(onset(quality=gate(read_pairs=10)))).cards}
    assert (cards["Fusions"].tone, cards["Fusions"].text) == ("open", "None detected, none excluded")
    assert cards["Quality"].text == "FAIL"
    clear = {card.title: card for card in summarise(diagnosed(onset())).cards}
    assert clear["Fusions"].tone == "clear"


def test_the_first_screen_says_how_much_could_not_be_looked_for(diagnosed):
    """With an annotation of few genes few fusions can be excluded, or none, whatever the depth."""
    for symbols, text in (
        (["GAPDH"], "None detected, none excluded"),
        (["GAPDH", "ETV6", "RUNX1"], "No defining fusion detected"),
    ):
        genes = pd.DataFrame({"gene_id": symbols, "symbol": symbols, "tpm": [1e5] * len(symbols)})
        card = next(c for c in summarise(diagnosed(onset(genes=genes))).cards if c.title == "Fusions")
        assert (card.tone, card.text) == ("open", text)
        assert re.match(r"\d+ of \d+ that were looked for are not assessable\.", card.detail)


def test_the_first_screen_tells_what_stands_against_the_subtype(diagnosed):
    call = dict.fromkeys(SUBTYPE_CALLS.names, "") | {
        "sample": "S1", "group": "PAX5alt", "subtype": "PAX5alt", "tier": "suggestive", "probability": 0.5,
        "second_probability": 0.3, "blast_fraction": 0.9, "evidence": "the panel says PAX5alt",
        "conflicts": "the chromosomes say Hyperdiploid; more",
    }  # fmt: skip
    for tier, conflicts, tone in (
        ("probable", call["conflicts"], "open"),
        ("probable", "", "found"),
        ("suggestive", "", "open"),
    ):
        sample = onset(subtype=pd.DataFrame([call | {"conflicts": conflicts, "tier": tier}]))
        card = next(c for c in summarise(diagnosed(sample)).cards if c.title == "Subtype")
        assert card.tone == tone
        assert ("Against it: The chromosomes say Hyperdiploid." in card.detail) == bool(conflicts)


def test_a_class_without_enough_evidence_is_not_assessable_in_every_section(diagnosed):
    call = dict.fromkeys(SUBTYPE_CALLS.names, "") | {
        "sample": "S1", "group": "T-ALL", "subtype": "T-ALL", "tier": "none", "who_haem5": "T-lymphoblastic",
        "notes": "; ".join(f"{gene} expression could not be assessed: not measured" for gene in ("ABL2", "IL3")),
    }  # fmt: skip
    text = words(html(diagnosed(onset(subtype=pd.DataFrame([call])))))
    assert "S1 onset not assessable No class has enough evidence." in text
    assert "Nearest class T-ALL" in text and "T-lymphoblastic" not in text
    assert "ABL2 and IL3 expression could not be assessed: not measured." in text


def test_what_rna_can_miss_names_the_method_of_each_lesion(diagnosed):
    deletions = pd.DataFrame([{c.name: 0.0 if c.kind == "float64" else "" for c in DELETIONS.columns}])
    deletions = deletions.assign(
        gene="IKZF1", deletion="any", status="not detected", reads=0, usual_reads=50.0, annotated=False
    )
    steps = summarise(diagnosed(onset(quality=gate(read_pairs=10), deletions=deletions))).next_steps
    assert "Exclude by another method what RNA can miss: IKZF1 deletion (MLPA or array)." in steps


def test_a_mutation_is_on_the_first_screen_and_suggests_only_in_leukaemia(diagnosed):
    import pandas as pd

    from leukoscope.tables.variants import VARIANTS

    plain = {c.name: 0 if c.kind == "int64" else 0.4 if c.kind == "float64" else "" for c in VARIANTS.columns}
    seen = {"gene": "KRAS", "codon": 12, "protein_change": "p.G12D", "status": "detected", "depth": 50}
    table = VARIANTS.check(pd.DataFrame([plain | seen]))
    onset_sample = onset(variants=table)
    diagnosis = diagnosed(onset_sample)
    cards = {card.title: card for card in summarise(diagnosis).cards}
    assert cards["Looked for"].detail.endswith("Mutated: KRAS G12D.")
    assert "ras" in " ".join(therapy.lesion.lower() for therapy in diagnosis.therapies)
    assert "KRAS p.G12D" in words(html(diagnosis))
    in_remission = SampleEvidence("S2", "remission", variants=table)
    assert diagnosed(in_remission).therapies == ()


def test_a_candidate_outside_the_hot_spots_stays_on_the_research_list(diagnosed):
    import pandas as pd

    from leukoscope.tables.mutations import MUTATION_CANDIDATES

    plain = {c.name: 40.0 if c.kind == "float64" else "" for c in MUTATION_CANDIDATES.columns}
    seen = plain | {
        "gene": "IKZF1", "protein_change": "p.R213*", "consequence": "nonsense", "locus": "7:50382593",
        "reference": "C", "alternative": "T", "caller": "alignment", "note": "germline or somatic is not known",
        "fraction": 0.5,
    }  # fmt: skip
    artefact = seen | {"gene": "PAX5", "locus": "9:1", "rejected_by": "one_strand"}
    leukaemia = onset(candidates=MUTATION_CANDIDATES.check(pd.DataFrame([seen, artefact])))
    (found,) = diagnosed(leukaemia).candidates
    assert (found.gene, found.locus, found.remissions) == ("IKZF1", "7:50382593 C>T", ())
    assert "IKZF1" not in {therapy.lesion for therapy in diagnosed(leukaemia).therapies}
    text = words(html(diagnosed(leukaemia)))
    assert "1 change of protein outside the hot spots" in text
    assert "Germline or somatic is not known." in text
    remission = SampleEvidence("S9", "remission", candidates=leukaemia.candidates)
    assert diagnosed(remission).candidates == ()
    both = diagnosed(leukaemia, remission)
    assert [candidate.remissions for candidate in both.candidates] == [("S9",)]
    assert "Also in remission (S9): probably inherited." in words(html(both))


def test_every_section_speaks_even_where_there_is_nothing(diagnosed):
    text = words(html(diagnosed(SampleEvidence("S1", ""))))
    for sentence in (
        "Fusions were not searched in any sample; none can be excluded.",
        "Hot spots of mutation were not read in any sample: not assessable.",
        "Other changes of the listed genes were not looked for: not assessable.",
        "No marker gene can be assessed.",
        "No check of quality was made.",
        "Nothing that was detected has a candidate drug in the knowledge table.",
        "No finding predicts a particular response.",
        "timepoint not stated",
    ):
        assert sentence in text, sentence


def test_research_use_stands_in_header_footer_and_on_every_printed_page(diagnosed):
    page = html(diagnosed(onset()))
    assert page.count(f'<p class="ruo">{RUO}</p>') == 2
    assert f'@bottom-left {{ content: "{RUO}"' in page
    assert '@top-right { content: "Patient\\000020P\\00002d7"' in page


def test_markup_from_a_table_is_text(diagnosed):
    evil = "<script>alert(1)</script>"
    page = html(diagnosed(onset(fusions=call(evil, "ABL1"), details={"tissue": '"><img src=x onerror=y>'})))
    assert evil not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<img" not in page


def test_the_page_is_sealed_small_and_asks_for_nothing(diagnosed):
    page = html(diagnosed(onset(fusions=call("BCR", "ABL1"))))
    assert len(page.encode()) < 1_000_000
    assert "default-src &#39;none&#39;; style-src &#39;sha256-" in page
    assert not re.search(r"\sstyle=|\ssrc=|@import|url\(|<link|<iframe|<object|\son\w+=", page)
    loaded = set(re.findall(r'<(\w+)[^>]*?(?:href|xlink:href)="(?!#)', page))
    assert loaded <= {"a"}


def test_the_page_can_be_read_without_eyes(diagnosed):
    page = html(diagnosed(onset(fusions=call("BCR", "ABL1"))))
    assert page.startswith('<!doctype html>\n<html lang="en">')
    assert page.count("<h1>") == 1
    levels = [int(level) for level in re.findall(r"<h([1-6])", page)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    identifiers = re.findall(r'\sid="([^"]+)"', page)
    assert len(identifiers) == len(set(identifiers))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(identifiers)
    for svg in re.findall(r"<svg[^>]*>", page):
        assert "aria-label" in svg or "aria-labelledby" in svg or "aria-hidden" in svg


def test_equal_diagnoses_give_equal_bytes_and_the_page_names_its_document(diagnosed):
    document = to_json(diagnosed(onset(fusions=call("BCR", "ABL1"))))
    assert patient_report(document) == patient_report(document)
    assert f'<meta name="leukoscope-report-id" content="{report_id(document)}">' in patient_report(document)


@pytest.mark.parametrize("listing", ["clinical", "research"])
def test_drugs_are_candidates_with_their_case_against(diagnosed, listing):
    diagnosis = diagnosed(onset(fusions=call("BCR", "ABL1")))
    shown = [therapy for therapy in diagnosis.therapies if therapy.listing == listing]
    text = words(html(diagnosis))
    assert "not advice" in text
    for therapy in shown:
        assert therapy.agents in text
        assert therapy.contra.replace("&", "&amp;") in text or not therapy.contra


@pytest.fixture
def chromium():
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")


def browse(chromium, page, folder):
    """Open a page in Chromium; return its DOM, its console and the addresses that it asked for."""
    (folder / "page.html").write_text(page, encoding="utf-8")
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0"]
    command += ["--virtual-time-budget=2000", f"--log-net-log={folder / 'net.json'}", "--dump-dom"]
    shown = subprocess.run(
        [*command, str(folder / "page.html")], capture_output=True, text=True, check=True, timeout=60
    )
    console = [line for line in shown.stderr.splitlines() if "CONSOLE" in line]
    asked = re.findall(r'"url":\s*"(https?://[^"]+)"', (folder / "net.json").read_text())
    return shown.stdout, console, asked


@pytest.mark.browser
def test_a_browser_renders_it_without_a_word_and_without_a_request(diagnosed, chromium, tmp_path):
    page = html(diagnosed(onset(fusions=call("BCR", "ABL1")), SampleEvidence("S2", "relapse")))
    dom, console, asked = browse(chromium, page, tmp_path)
    assert "BCR::ABL1 detected" in dom
    assert console == []
    assert asked == []


@pytest.mark.browser
def test_the_browser_blocks_what_is_smuggled_in(diagnosed, chromium, tmp_path):
    page = html(diagnosed(onset()))
    smuggled = page.replace(
        "</main>", '<img src="https://example.org/x.png"><script>document.title="x"</script></main>'
    )
    dom, console, asked = browse(chromium, smuggled, tmp_path)
    assert "<title>x</title>" not in dom
    assert sum("Content Security Policy" in line for line in console) >= 2
    assert asked == []


@pytest.mark.browser
def test_the_filter_of_the_panel_works_under_the_policy(diagnosed, chromium, tmp_path):
    """The page's own script runs: a click on a state hides the lesions of other states."""
    from leukoscope.report.rendering import asset, policy, printed_on_every_page

    style = asset("report.css") + printed_on_every_page("Patient P-7")
    page = html(diagnosed(onset(fusions=call("BCR", "ABL1"))))
    script = asset("report.js")
    clicking = script + "document.querySelector('button[data-show=\"detected\"]').click();\n"
    page = page.replace(
        policy(style, script).replace("'", "&#39;"),
        policy(style, clicking).replace("'", "&#39;"),
    )
    dom, console, _ = browse(chromium, page.replace(script, clicking), tmp_path)
    assert console == []
    visible = [row for row in re.findall(r"<tr data-state=[^>]*>", dom) if "hidden" not in row]
    assert visible == ['<tr data-state="detected">']


def test_summary_of_a_poor_response_names_its_explanations(diagnosed):
    declared = {"prednisone_response": "poor", "age": "5"}
    diagnosis = diagnosed(onset(fusions=call("IGH", "DUX4"), details=declared))
    text = words(html(diagnosis))
    assert "DUX4-rearranged ALL responds slowly and does well" in text
    assert "as expected" in text
    assert json.loads(to_json(diagnosis))["response"]["poor"] is True
    assert diagnosis.response.explanations[0].strength == "finding"


def test_a_relapse_after_a_good_response_is_not_headed_as_a_poor_response(diagnosed):
    good = {"prednisone_response": "good", "mrd_day15": "1", "mrd_day33": "0", "relapse": "yes"}
    for declared, heading in ((good, "relapse"), (good | {"mrd_day33": "1"}, "poor response")):
        text = words(html(diagnosed(onset(fusions=call("ETV6", "RUNX1"), details=declared))))
        assert f"What could explain the {heading}" in text
        assert "says nothing of the early response" in text
    text = words(html(diagnosed(onset(fusions=call("ETV6", "RUNX1"), details=good | {"relapse": "no"}))))
    assert "What could explain" not in text and "says nothing" not in text


def test_a_value_that_is_not_assessable_is_not_drawn(diagnosed):
    """The remission has too few reads to call CD34 silent: words say so, and no mark stands at its zero."""
    genes = {
        name: pd.DataFrame({"gene_id": ["E1", "E2"], "symbol": ["CD34", "GAPDH"], "tpm": [tpm, 1e5]})
        for name, tpm in (("onset", 964.0), ("remission", 0.0))
    }
    poor = {"quality": gate(read_pairs=10), "fusions": FUSIONS.empty()}
    samples = [SampleEvidence(name, name, genes=table, **poor) for name, table in genes.items()]
    row = re.search(r'<tr><th scope="row">CD34</th>.*?</tr>', html(diagnosed(*samples)), re.DOTALL).group()
    assert "remission: not assessable" in row
    assert 'class="mark onset"' in row and 'class="mark remission"' not in row


def test_a_drug_that_a_lesion_resists_stands_under_a_heading_of_its_own(diagnosed):
    text = words(html(diagnosed(onset(fusions=call("BCR", "ABL1"), variants=mutation("NRAS", "G12D")))))
    resisted = text.index("Findings of resistance with verified evidence")
    assert text.index("Candidates with verified evidence") < text.index("selumetinib; trametinib") < resisted
    assert resisted < text.index("prednisolone; vincristine resistance, level II-D")


def test_the_levels_of_drugs_name_their_disease(diagnosed):
    called = diagnosed(onset(subtype=subtype_of(group="T-ALL", subtype="T-ALL", tier="definite")))
    for diagnosis, disease in ((diagnosed(onset()), "B-ALL"), (called, "T-ALL")):
        assert f"Levels are those of AMP/ASCO/CAP 2017 for {disease};" in words(html(diagnosis))


def test_a_mutation_of_another_caller_says_where_it_was_called(diagnosed):
    called = mutation("KRAS", "G12D", reason="called in exome.maf; the RNA shows none in 40 fragments")
    text = words(html(diagnosed(onset(variants=called))))
    assert "KRAS p.G12D Called in exome.maf; the RNA shows none in 40 fragments." in text
