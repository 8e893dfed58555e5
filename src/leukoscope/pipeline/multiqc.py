"""MultiQC over a run: the tools' own reports under the names of the samples, and our results."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from leukoscope.formats.multiqc import quality_content
from leukoscope.pipeline.step import run_tool
from leukoscope.publishing import publish_text
from leukoscope.tables.fusions import FUSIONS
from leukoscope.tables.quality import QUALITY
from leukoscope.version import RESEARCH_USE

_STAGED = {
    "fastp.json": "{sample}.fastp.json",
    "alignment/Log.final.out": "{sample}.Log.final.out",
    "alignment/ReadsPerGene.out.tab": "{sample}.ReadsPerGene.out.tab",
    "rsem/{sample}.stat/{sample}.cnt": "{sample}.cnt",
}
FUSION_CONTENT = "fusions_mqc.tsv"
_FUSION_HEADER = f"""\
# id: leukoscope_fusions
# section_name: "leukoscope: fusions"
# description: "Fusion calls per sample. {RESEARCH_USE}"
# plot_type: table
"""


def fusion_content(evidence: Path, samples: Sequence[str]) -> str:
    """Return the number of fusion calls per sample as MultiQC content."""
    lines = ["Sample\tHigh confidence\tMedium confidence\tLow confidence\tStrongest fusions"]
    for sample in samples:
        path = evidence / "samples" / sample / "fusions.tsv"
        if not path.is_file():
            continue
        calls = FUSIONS.read(path)
        numbers = [int((calls["confidence"] == level).sum()) for level in ("high", "medium", "low")]
        named = (calls["gene1"] + "::" + calls["gene2"])[calls["confidence"] == "high"].head(3)
        lines.append("\t".join([sample, *map(str, numbers), ", ".join(dict.fromkeys(named)) or "none"]))
    return _FUSION_HEADER + "\n".join(lines) + "\n"


def run_multiqc(evidence: Path, samples: Sequence[str], outdir: Path) -> None:
    """Write ``multiqc_report.html`` and the content that leukoscope added to it.

    Raises
    ------
    ToolError
        If MultiQC fails.
    """
    with tempfile.TemporaryDirectory() as staged:
        for sample in samples:
            _stage(evidence / "samples" / sample, sample, Path(staged))
        content = fusion_content(evidence, samples)
        publish_text(Path(staged) / FUSION_CONTENT, content)
        publish_text(outdir / FUSION_CONTENT, content)
        config = Path(staged) / "multiqc_config.json"
        config.write_text(json.dumps({"title": "leukoscope", "no_version_check": True}), encoding="utf-8")
        command = [
            sys.executable,
            "-m",
            "multiqc",
            "--config",
            str(config),
            "--force",
            "--no-ansi",
            "--quiet",
        ]
        command += ["--filename", "multiqc_report.html", "--outdir", str(outdir.resolve()), "."]
        run_tool(command, Path(staged) / "multiqc.log", folder=Path(staged))


def _stage(folder: Path, sample: str, staged: Path) -> None:
    for source, target in _STAGED.items():
        path = folder / source.format(sample=sample)
        if path.is_file():
            (staged / target.format(sample=sample)).symlink_to(path.resolve())
    if (folder / "quality.tsv").is_file():
        table = QUALITY.read(folder / "quality.tsv")
        (staged / f"{sample}_quality_mqc.json").write_text(quality_content(sample, table), encoding="utf-8")
