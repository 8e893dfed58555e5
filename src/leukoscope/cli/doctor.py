"""The verb `doctor`: what this machine can do."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leukoscope.pipeline.doctor import Examination


def add_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb ``doctor``."""
    doctor = verbs.add_parser(
        "doctor",
        help="what this machine can do",
        description="Look for the tools that leukoscope calls, at memory and processors, and say what can be done "
        "here. Exit status 3 if the pipeline cannot run.",
        epilog="Example: leukoscope doctor",
    )
    doctor.set_defaults(run=_doctor)


def _doctor(args: argparse.Namespace) -> int:
    from leukoscope.pipeline.doctor import examine
    from leukoscope.provenance import package_versions

    found = examine()
    for name, version in [*found.tools.items(), *package_versions().items()]:
        print(f"{name:<12} {version or 'not installed'}")
    print(f"{'memory':<12} {found.memory / 1e9:.1f} GB\n{'processors':<12} {found.processors}\n")
    _print_capabilities(found)
    return 0 if found.is_fit else 3


def _print_capabilities(found: Examination) -> None:
    for capability in found.capabilities:
        verdict = "yes" if capability.usable else "NO" if capability.required else "no"
        print(f"{verdict:<4} {capability.name}: {capability.reason}")
