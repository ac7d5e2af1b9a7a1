"""The generated page and schema are those of the data."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from ws_network.catalogue import SCHEMA_FILE, Catalogue

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("catalogue_docs", ROOT / "tools" / "catalogue_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def page() -> str:
    return (ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8")


def test_both_files_are_up_to_date(tool: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert tool.main(["--check"]) == 0
    assert capsys.readouterr().err == ""


def test_a_stale_file_is_named_and_written_again(
    tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stale = tmp_path / "catalogue.md"
    monkeypatch.setattr(tool, "DOCS_FILE", stale)
    assert tool.main(["--check"]) == 1
    assert capsys.readouterr().err == "catalogue.md is out of date: run `make docs`.\n"
    assert not stale.exists()
    assert tool.main([]) == 0
    assert tool.main(["--check"]) == 0
    assert SCHEMA_FILE.read_text(encoding="utf-8") == tool.schema()


class TestThePage:
    """A reader decides by the page alone, so nothing of the catalogue may be missing from it."""

    def test_says_that_it_is_unofficial(self, page: str) -> None:
        assert "**Unofficial" in page.split("## ", maxsplit=1)[0]

    @pytest.mark.parametrize(
        "section", ["flows", "host_rows", "regions", "features", "contradictions", "unknowns", "sources"]
    )
    def test_every_id_is_on_it(self, page: str, section: str) -> None:
        assert [key for key in getattr(Catalogue.load(), section) if f"`{key}`" not in page] == []

    def test_every_host_and_block_is_on_it(self, page: str) -> None:
        catalogue = Catalogue.load()
        assert [host.fqdn for host in catalogue.hosts.values() if host.fqdn not in page] == []
        assert [cidr for cidr in catalogue.address_blocks if f"`{cidr}`" not in page] == []

    def test_tables_have_as_many_cells_as_heads(self, page: str) -> None:
        width = 0
        for line in page.splitlines():
            cells = line.replace("\\|", "").count("|") if line.startswith("| ") else 0
            assert cells in {0, width} or width == 0
            width = cells

    def test_no_placeholder_is_lost_as_markup(self, page: str) -> None:
        for line in page.splitlines():
            outside = "".join(line.split("`")[::2])
            assert "<" not in outside.replace("<!--", ""), line
