"""What this machine can do: tools, memory, processors, and a verdict for each capability."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from leukoscope.errors import ToolError
from leukoscope.pipeline.assembly import known_references
from leukoscope.pipeline.reference import fit_star_index
from leukoscope.pipeline.tools import FAILING, TOOLS, machine_memory, processors, tool_version

HUMAN_CHROMOSOMES = 24


@dataclass(frozen=True, slots=True)
class Capability:
    """Something leukoscope can do, whether it can here, and why or how."""

    name: str
    usable: bool
    reason: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found on the machine."""

    tools: Mapping[str, str]  #: version by name; empty if not installed
    memory: int  #: bytes
    processors: int
    capabilities: tuple[Capability, ...]

    @property
    def is_fit(self) -> bool:
        """Whether every required capability is usable."""
        return all(capability.usable for capability in self.capabilities if capability.required)


def examine() -> Examination:
    """Look at the machine."""
    versions = {tool.name: tool_version(tool) for tool in TOOLS}
    return Examination(
        versions, machine_memory(), processors(), judge_capabilities(versions, machine_memory())
    )


def judge_capabilities(versions: Mapping[str, str], memory: int) -> tuple[Capability, ...]:
    """Return what can be done with the given tools and bytes of memory.

    Parameters
    ----------
    versions
        Version of each tool; empty if it is not installed.
    memory
        Bytes.
    """
    needs = {
        "reads to reports (run, demo)": ("fastp", "STAR", "RSEM"),
        "references (reference build)": ("STAR", "RSEM"),
    }
    found = [_with_tools(name, tools, versions) for name, tools in needs.items()]
    found.append(Capability("tables to reports (patient, report, cohort)", True, "needs no other program"))
    found.append(_human_genome(memory))
    found.append(
        _with_tools("fusions by Arriba (--fusion-caller arriba)", ("arriba",), versions, required=False)
    )
    found.append(_slurm_cluster(versions))
    return tuple(found)


def _with_tools(
    name: str, tools: tuple[str, ...], versions: Mapping[str, str], *, required: bool = True
) -> Capability:
    wanted = [tool for tool in TOOLS if tool.name in tools]
    failing = [tool.name for tool in wanted if versions.get(tool.name) == FAILING]
    lacking = [tool for tool in wanted if not versions.get(tool.name)]
    if failing and not lacking:
        return Capability(name, False, f"{', '.join(failing)}: {FAILING}", required)
    if not lacking:
        return Capability(name, True, ", ".join(f"{tool} {versions[tool]}" for tool in tools), required)
    packages = " ".join(tool.package for tool in lacking if tool.package)
    how = f"; on Debian: apt-get install {packages}" if packages else ""
    return Capability(
        name, False, f"not installed: {', '.join(tool.name for tool in lacking)}{how}", required
    )


def _slurm_cluster(versions: Mapping[str, str]) -> Capability:
    name = "a SLURM cluster (-- --executor slurm)"
    if versions.get("sbatch") == FAILING:
        return Capability(
            name, False, "sbatch is installed, but no cluster is configured (slurm.conf)", required=False
        )
    return _with_tools(name, ("sbatch",), versions, required=False)


def _human_genome(memory: int) -> Capability:
    name = "the whole human genome (reference build --genome GRCh38)"
    bases = int(known_references()["genomes"]["GRCh38"]["bases"])
    contigs = {f"chr{i}": bases // HUMAN_CHROMOSOMES for i in range(HUMAN_CHROMOSOMES)}
    try:
        plan = fit_star_index(contigs, read_length=101, memory=memory)
    except ToolError as error:
        return Capability(name, False, str(error).removesuffix("."), required=False)
    how = f"{plan.building_mb / 1e3:.0f} GB to build, {plan.memory_mb / 1e3:.0f} GB to align"
    return Capability(name, True, f"{how} (sparsity {plan.sparsity})", required=False)
