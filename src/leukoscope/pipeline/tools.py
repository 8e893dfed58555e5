"""The external programs and the machine: what is here, in which version, and how much memory."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from leukoscope.errors import ToolError


@dataclass(frozen=True, slots=True)
class Tool:
    """An external program: how it is called, asked for its version, and installed."""

    name: str
    program: str
    version_arguments: tuple[str, ...]
    package: str  #: of Debian; empty if Debian has none
    purpose: str
    required: bool = True


TOOLS = (
    Tool("fastp", "fastp", ("--version",), "fastp", "trimming and quality of reads"),
    Tool("STAR", "STAR", ("--version",), "rna-star", "alignment"),
    Tool("RSEM", "rsem-calculate-expression", ("--version",), "rsem", "expression"),
    Tool("samtools", "samtools", ("--version",), "samtools", "alignment files"),
    Tool("arriba", "arriba", ("-h",), "", "fusion calls by Arriba instead of our own", required=False),
    Tool("sbatch", "sbatch", ("-V",), "slurm-wlm", "running on a SLURM cluster", required=False),
)


FAILING = "installed, but fails when asked for its version"


def tool_version(tool: Tool) -> str:
    """Return the version that a program states; empty if it is not installed, `FAILING` if it does not run."""
    program = shutil.which(tool.program)
    if program is None:
        return ""
    said = subprocess.run(
        [program, *tool.version_arguments],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        stdin=subprocess.DEVNULL,
    )
    found = re.search(r"\d+(?:\.\d+)+[a-z]?", said.stdout + said.stderr)
    if found:
        return found.group()
    return FAILING if said.returncode else "of unknown version"


def require_tools(*names: str) -> dict[str, str]:
    """Return the version of each named tool.

    Raises
    ------
    ToolError
        If one is not installed, and how to install all that lack; or if one does not run.
    """
    wanted = [tool for tool in TOOLS if tool.name in names]
    versions = {tool.name: tool_version(tool) for tool in wanted}
    lacking = [tool for tool in wanted if not versions[tool.name]]
    if lacking:
        packages = " ".join(tool.package for tool in lacking if tool.package)
        how = f"; on Debian: apt-get install {packages}" if packages else ""
        raise ToolError(f"not installed: {', '.join(tool.name for tool in lacking)}{how}.")
    failing = [tool for tool in wanted if versions[tool.name] == FAILING]
    if failing:
        told = ", ".join(tool.name for tool in failing)
        asked = " ".join([failing[0].program, *failing[0].version_arguments])
        raise ToolError(f"{told}: {FAILING}; '{asked}' says why.")
    return versions


def machine_memory() -> int:
    """Return the bytes of memory that processes here may use together."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([physical, *_control_group_limits()])


def _control_group_limits() -> list[int]:
    limits = []
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            text = Path(path).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text.isdecimal():
            limits.append(int(text))
    return limits


def processors() -> int:
    """Return the number of processors this process may use."""
    return len(os.sched_getaffinity(0))
