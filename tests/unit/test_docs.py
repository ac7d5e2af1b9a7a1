"""The generated page of findings is that of the code, and every code on it is a finding that something makes."""

from pathlib import Path

from tools import cloud_docs, findings_docs
from ws_network.findings import CODES

ROOT = Path(__file__).parents[2]


def test_the_page_is_up_to_date() -> None:
    assert findings_docs.DOCS_FILE.read_text(encoding="utf-8") == findings_docs.page(), "run make docs"


def test_the_table_of_clouds_is_up_to_date() -> None:
    assert cloud_docs.DOCS_FILE.read_text(encoding="utf-8") == cloud_docs.page(), "run make docs"


def test_every_code_is_made_somewhere() -> None:
    """A documented finding that nothing makes is a promise that nobody keeps."""
    paths = [path for path in (ROOT / "ws_network").rglob("*.py") if path.name != "findings.py"]
    code = "\n".join(path.read_text(encoding="utf-8") for path in paths)
    assert [name for name in CODES if f'"{name}"' not in code] == []
