"""Write the checksums of the shipped knowledge into its PROVENANCE.toml, and the JSON Schema of a diagnosis.

    python curation/register_knowledge.py

Run it after a table of knowledge was changed.  A file without a section is named; its origin and
licence have to be written by hand.
"""

from __future__ import annotations

import hashlib
import json
import re

from leukoscope.diagnosis import schema
from leukoscope.knowledge import knowledge_path


def main() -> None:
    """Rewrite ``diagnosis.schema.json`` and every ``sha256`` line."""
    folder = knowledge_path("")
    (folder / "diagnosis.schema.json").write_text(json.dumps(schema(), indent=1, ensure_ascii=False) + "\n")
    register = folder / "PROVENANCE.toml"
    head, *sections = re.split(r'(?m)^(?=\[")', register.read_text(encoding="utf-8"))
    written = [head]
    for section in sections:
        name = section.split('"')[1]
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        written.append(re.sub(r'(?m)^sha256 = ".*"$', f'sha256 = "{digest}"', section))
    register.write_text("".join(written), encoding="utf-8")
    registered = {section.split('"')[1] for section in sections}
    for path in sorted(folder.iterdir()):
        if path.suffix in {".tsv", ".gz", ".json"} and path.name not in registered:
            print(f"{path.name}: no section in PROVENANCE.toml")


if __name__ == "__main__":
    main()
