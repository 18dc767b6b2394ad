"""The tables, as the list of changes that led to them.

A file says by its `user_version` how many of the changes it has had.
"""

from __future__ import annotations

import sqlite3
from typing import Final

APPLICATION_ID: Final = 0x416C6F68
"""Marks a file as ours (`PRAGMA application_id`): "Aloh" in ASCII."""

_FIRST: Final = """
CREATE TABLE endpoints (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    namespace  TEXT NOT NULL,
    url        TEXT NOT NULL,
    key        TEXT,
    webhooks   TEXT NOT NULL,              -- a JSON list of names; [] means all
    method     TEXT NOT NULL,              -- '' means the webhook's own
    enabled    INTEGER NOT NULL,
    overrides  TEXT NOT NULL,              -- JSON: how its policy differs from the specification
    removed_at REAL                        -- removed ones stay: deliveries name them
);
CREATE TABLE streams (                     -- one webhook within one namespace: a small number in place of two texts
    id        INTEGER PRIMARY KEY,
    namespace TEXT NOT NULL,
    webhook   TEXT NOT NULL,
    UNIQUE (namespace, webhook)
);
CREATE TABLE deliveries (                  -- what changes; kept narrow, because each is written at least twice
    id       INTEGER PRIMARY KEY,          -- microseconds since 1970 when it was enqueued, each one once, growing
    endpoint INTEGER NOT NULL,
    stream   INTEGER NOT NULL,
    call_id  TEXT NOT NULL,
    state    INTEGER NOT NULL,             -- 0 waiting, 1 delivered, 2 dead, 3 canceled; see rows.py
    at       REAL NOT NULL,                -- when it is due, or when it ended
    cause    TEXT,                         -- of a dead one
    attempts INTEGER NOT NULL,             -- made in all
    tries    INTEGER NOT NULL              -- made since it was enqueued or resent
);
CREATE TABLE messages (                    -- what never changes
    id           INTEGER PRIMARY KEY,      -- the delivery's
    method       TEXT NOT NULL,
    headers      TEXT NOT NULL,            -- JSON: [[name, value], ...]
    body         BLOB NOT NULL,
    credential   TEXT,                     -- JSON, where it is not the endpoint's key
    wire         TEXT,                     -- JSON, where a fault of the wire is wanted
    faulty_tries INTEGER                   -- how many tries carry both; NULL: all
);
CREATE TABLE attempts (
    delivery   INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    started_at REAL NOT NULL,
    elapsed_s  REAL NOT NULL,
    status     INTEGER,
    cause      TEXT,
    detail     TEXT NOT NULL,
    dns_s      REAL,
    connect_s  REAL,
    tls_s      REAL,
    send_s     REAL,
    wait_s     REAL,
    receive_s  REAL,
    address    TEXT NOT NULL,
    reused     INTEGER NOT NULL,
    headers    TEXT NOT NULL,              -- JSON: [[name, value], ...]
    excerpt    BLOB NOT NULL,
    body_size  INTEGER NOT NULL,
    PRIMARY KEY (delivery, number)
) WITHOUT ROWID;
CREATE INDEX deliveries_by_stream ON deliveries (stream, state);
CREATE INDEX deliveries_by_endpoint ON deliveries (endpoint, stream, state);
CREATE INDEX deliveries_by_call ON deliveries (call_id);
CREATE INDEX deliveries_waiting ON deliveries (endpoint, at) WHERE state = 0;
CREATE TABLE tallies (                     -- how many deliveries there are: counting a million takes too long
    stream INTEGER NOT NULL,
    state  INTEGER NOT NULL,
    count  INTEGER NOT NULL,
    PRIMARY KEY (stream, state)
) WITHOUT ROWID;
CREATE TRIGGER stream_begun AFTER INSERT ON streams BEGIN
    INSERT INTO tallies VALUES (new.id, 0, 0), (new.id, 1, 0), (new.id, 2, 0), (new.id, 3, 0);
END;
CREATE TRIGGER delivery_added AFTER INSERT ON deliveries BEGIN
    UPDATE tallies SET count = count + 1 WHERE stream = new.stream AND state = new.state;
END;
CREATE TRIGGER delivery_moved AFTER UPDATE OF state ON deliveries WHEN new.state <> old.state BEGIN
    UPDATE tallies SET count = count - 1 WHERE stream = old.stream AND state = old.state;
    UPDATE tallies SET count = count + 1 WHERE stream = new.stream AND state = new.state;
END;
CREATE TRIGGER delivery_forgotten AFTER DELETE ON deliveries BEGIN
    UPDATE tallies SET count = count - 1 WHERE stream = old.stream AND state = old.state;
END;
"""

_SHAPES = "ALTER TABLE endpoints ADD COLUMN shape TEXT NOT NULL DEFAULT '{}';"

MIGRATIONS: Final = (_FIRST, _SHAPES)
"""Every change of the schema in its order. One that was released is never edited: the next one is added."""


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """Bring a file of schema `version` to the newest, each step whole or not at all."""
    for number, change in enumerate(MIGRATIONS[version:], version + 1):
        marks = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {number};"
        connection.executescript(f"BEGIN IMMEDIATE; {change} {marks} COMMIT;")
