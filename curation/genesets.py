"""Make the Gene Ontology sets that leukoscope ships, as one compact file with the date of its source.

    python curation/genesets.py GO.sqlite org.Hs.eg.sqlite

Both are of Debian's r-bioc-go.db and r-bioc-org.hs.eg.db 3.16.0 (in their extdata folders).

WikiPathways itself is CC0, but the copy of it that a package registry offers (pyenrichr 1.0.2) is under
CC BY-NC-SA, and that of Reactome (pathway-assessor 0.0.4) names neither a release nor holds a licence, so that users
bring those GMT files themselves.
"""

from __future__ import annotations

import io
import lzma
import sqlite3
import sys
from pathlib import Path

import numpy as np

from leukoscope.knowledge import knowledge_path

ONTOLOGIES = ("bp", "mf", "cc")


def main() -> None:
    """Write ``go.npz.xz``."""
    ontology, annotation = map(Path, sys.argv[1:])
    folder = knowledge_path("genesets")
    folder.mkdir(exist_ok=True)
    pack = io.BytesIO()
    np.savez(pack, **gene_ontology(_open(ontology), _open(annotation)))
    _write(folder / "go.npz.xz", pack.getvalue())


def gene_ontology(ontology: sqlite3.Connection, annotation: sqlite3.Connection) -> dict[str, np.ndarray]:
    """Return terms, relations and direct annotations as small arrays.

    Terms are sorted by ontology and number, genes by symbol; pairs are sorted, and the first of each
    pair is stored as the difference from the pair before.
    """
    terms, edges, pairs = [], [], []
    names = dict(annotation.execute("select _id, symbol from gene_info"))
    symbols = sorted(set(names.values()))
    gene_number = {symbol: i for i, symbol in enumerate(symbols)}
    for code, short in enumerate(ONTOLOGIES):
        rows = ontology.execute(
            "select _id, go_id, term from go_term where ontology = ? order by go_id", (short.upper(),)
        )
        known = {}
        for key, go_id, name in rows:
            known[key] = len(terms)
            terms.append((code, int(go_id[3:]), name))
        number = {terms[i][1]: i for i in known.values()}
        parents = ontology.execute(f"select _id, _parent_id from go_{short}_parents")
        edges += [
            (known[child], known[parent]) for child, parent in parents if child in known and parent in known
        ]
        direct = annotation.execute(f"select distinct _id, go_id from go_{short}")
        pairs += [
            (number[int(go[3:])], gene_number[names[gene]]) for gene, go in direct if int(go[3:]) in number
        ]
    used = np.unique([gene for _, gene in pairs])
    renumber = {int(gene): i for i, gene in enumerate(used)}
    edge_array = np.array(sorted(set(edges)), dtype=np.int32)
    pair_array = np.array(sorted({(term, renumber[gene]) for term, gene in pairs}), dtype=np.int32)
    return {
        "released": _text([_date(ontology)]),
        "ontology": np.array([code for code, _, _ in terms], dtype=np.uint8),
        "number": np.array([number for _, number, _ in terms], dtype=np.int32),
        "name": _text([name for _, _, name in terms]),
        "gene": _text([symbols[gene] for gene in used]),
        "child_step": np.diff(edge_array[:, 0], prepend=0).astype(np.uint16),
        "parent": edge_array[:, 1].astype(np.uint16),
        "term_step": np.diff(pair_array[:, 0], prepend=0).astype(np.uint16),
        "annotated": pair_array[:, 1].astype(np.uint16),
    }


def _date(ontology: sqlite3.Connection) -> str:
    return str(ontology.execute("select value from metadata where name = 'GOSOURCEDATE'").fetchone()[0])


def _text(lines: list[str]) -> np.ndarray:
    return np.frombuffer("\n".join(lines).encode(), dtype=np.uint8)


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(lzma.compress(content, preset=9 | lzma.PRESET_EXTREME))
    print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
