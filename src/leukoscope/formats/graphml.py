"""Networks in GraphML, as Cytoscape, Gephi and igraph read them."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pandas as pd

from leukoscope.publishing import published

_KINDS = {"int64": "long", "float64": "double", "bool": "boolean", "str": "string"}


def write_graphml(genes: pd.DataFrame, edges: pd.DataFrame, path: Path) -> None:
    """Write genes and edges with all their columns.

    Parameters
    ----------
    genes
        :data:`~leukoscope.tables.coexpression.NETWORK_GENES`.
    edges
        :data:`~leukoscope.tables.coexpression.NETWORK_EDGES`.
    path
        Where.
    """
    of_gene, of_edge = list(genes.columns[1:]), list(edges.columns[2:])
    with published(path) as part, part.open("w", encoding="utf-8") as sink:
        sink.write(
            '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
        )
        for end, frame, names in (("node", genes, of_gene), ("edge", edges, of_edge)):
            for name in names:
                kind = _KINDS.get(str(frame[name].dtype), "string")
                sink.write(f' <key id="{end}_{name}" for="{end}" attr.name="{name}" attr.type="{kind}"/>\n')
        sink.write(' <graph edgedefault="undirected">\n')
        for row in genes.itertuples(index=False):
            sink.write(f"  <node id={quoteattr(str(row[0]))}>{_data('node', of_gene, row[1:])}</node>\n")
        for row in edges.itertuples(index=False):
            ends = f"source={quoteattr(str(row[0]))} target={quoteattr(str(row[1]))}"
            sink.write(f"  <edge {ends}>{_data('edge', of_edge, row[2:])}</edge>\n")
        sink.write(" </graph>\n</graphml>\n")


def _data(end: str, names: list[str], values: tuple[object, ...]) -> str:
    pairs = zip(names, values, strict=True)
    return "".join(f'<data key="{end}_{name}">{_text(value)}</data>' for name, value in pairs)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else escape(str(value))
