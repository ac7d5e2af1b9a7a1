"""State of an emulated account: JSON documents and blobs in one SQLite file.

Owns durability and isolation. A transaction is the only way in, and it is exclusive: engines that run at the same time
each see whole requests of the other, and a request that fails or a process that dies leaves nothing half done.
"""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Seconds one process waits for another's request.
LOCK_TIMEOUT = 60.0

Document = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS document (
  kind TEXT NOT NULL, id TEXT NOT NULL, parent TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, id)
);
CREATE INDEX IF NOT EXISTS document_parent ON document (kind, parent);
CREATE TABLE IF NOT EXISTS blob (name TEXT PRIMARY KEY, generation INTEGER NOT NULL, body BLOB NOT NULL);
"""


def folder() -> Path:
    """Return the folder of the emulated accounts: `WS_NETWORK_SANDBOX`, else `.sandbox` of the checkout."""
    return Path(os.environ.get("WS_NETWORK_SANDBOX") or Path(__file__).resolve().parent.parent / ".sandbox").absolute()


class Transaction:
    """One exclusive look at the state; what it changed is kept when it ends without an error."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sql = connection

    def get(self, kind: str, key: str) -> Document | None:
        """Return a document, or None."""
        row = self._sql.execute("SELECT body FROM document WHERE kind = ? AND id = ?", (kind, key)).fetchone()
        return json.loads(row[0]) if row else None

    def put(self, kind: str, key: str, body: Document, parent: str = "") -> None:
        """Create or overwrite a document; a document keeps its place in `all` when it is overwritten."""
        self._sql.execute(
            "INSERT INTO document (kind, id, parent, body) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (kind, id) DO UPDATE SET parent = excluded.parent, body = excluded.body",
            (kind, key, parent, json.dumps(body)),
        )

    def delete(self, kind: str, key: str) -> None:
        """Remove a document, if it is there."""
        self._sql.execute("DELETE FROM document WHERE kind = ? AND id = ?", (kind, key))

    def all(self, kind: str, parent: str | None = None) -> list[Document]:
        """Return all documents of a kind, or those of one parent, oldest first."""
        query, values = "SELECT body FROM document WHERE kind = ?", [kind]
        if parent is not None:
            query, values = query + " AND parent = ?", [kind, parent]
        return [json.loads(row[0]) for row in self._sql.execute(query + " ORDER BY rowid", values)]

    def counts(self) -> dict[str, int]:
        """Return how many documents there are of each kind."""
        return dict(self._sql.execute("SELECT kind, count(*) FROM document GROUP BY kind ORDER BY kind").fetchall())

    def generation(self, name: str) -> int:
        """Return how often a blob was written: 0 for never."""
        row = self._sql.execute("SELECT generation FROM blob WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def blob(self, name: str) -> bytes:
        """Return a blob that was written."""
        return bytes(self._sql.execute("SELECT body FROM blob WHERE name = ?", (name,)).fetchone()[0])

    def put_blob(self, name: str, body: bytes) -> int:
        """Write a blob and return its new generation."""
        generation = self.generation(name) + 1
        self._sql.execute("INSERT OR REPLACE INTO blob VALUES (?, ?, ?)", (name, generation, body))
        return generation


class Store:
    """The state file of one account."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Wait for the exclusive lock, then commit at the end, or roll back if the block raises."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # A connection for each transaction: the gRPC server calls from many threads, and opening costs 0.1 ms.
        connection = sqlite3.connect(self.path, timeout=LOCK_TIMEOUT, isolation_level=None)
        try:
            # The file must survive a killed process, not a power cut; without this each request waits for the disk.
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("BEGIN IMMEDIATE")
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'document'").fetchone():
                for statement in _SCHEMA.split(";"):
                    connection.execute(statement)
            try:
                yield Transaction(connection)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        finally:
            connection.close()
