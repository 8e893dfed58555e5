"""Table contracts: every table that leukoscope reads or writes, column by column.

The contracts stand in one module per subject (`leukoscope.tables.fusions`, …), each a
module-level :class:`Table`; :func:`contracts` collects them for the data-model page.
"""

from leukoscope.tables.contract import Column, Table

__all__ = ["Column", "Table", "contracts"]


def contracts() -> tuple[Table, ...]:
    """Return every contract of the package, sorted by name."""
    import importlib
    import pkgutil

    found: dict[str, Table] = {}
    for module in pkgutil.iter_modules(__path__):
        members = vars(importlib.import_module(f"{__name__}.{module.name}")).values()
        found.update({member.name: member for member in members if isinstance(member, Table)})
    return tuple(found[name] for name in sorted(found))
