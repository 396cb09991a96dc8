-- The service's memory. Times are milliseconds since the epoch; JSON is text.
CREATE TABLE runs (
    number           INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id           TEXT NOT NULL UNIQUE,
    job_name         TEXT NOT NULL,
    nonce            TEXT UNIQUE,               -- the attempt that asked for it: a repeat gets the run it already has
    config           TEXT NOT NULL,
    env              TEXT NOT NULL,
    instance_type    TEXT,
    region           TEXT,
    disk_size_gb     INTEGER,
    image_name       TEXT,
    output_format    TEXT,                      -- what the caller reads, in its order
    tile             TEXT,                      -- x/y/z
    listed           INTEGER NOT NULL DEFAULT 1, -- realtime runs are no jobs
    created          INTEGER NOT NULL,
    status           TEXT NOT NULL DEFAULT 'pending',
    job_status       TEXT NOT NULL DEFAULT 'Pending',
    changed          INTEGER NOT NULL,
    total_tasks      INTEGER NOT NULL DEFAULT 0,
    finished_tasks   INTEGER NOT NULL DEFAULT 0,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    pid              INTEGER
) STRICT;
CREATE INDEX unfinished ON runs (status) WHERE status <> 'terminated';

CREATE TABLE collections (
    number            INTEGER PRIMARY KEY AUTOINCREMENT,
    id                TEXT NOT NULL UNIQUE,
    name              TEXT NOT NULL UNIQUE,
    access_scope      TEXT NOT NULL,
    allow_public_read INTEGER NOT NULL,
    dashboard_body    TEXT,
    last_updated      INTEGER NOT NULL
) STRICT;
INSERT INTO collections (id, name, access_scope, allow_public_read, last_updated)
VALUES ('default', 'default', 'team', 0, 0);

CREATE TABLE udfs (
    number            INTEGER PRIMARY KEY AUTOINCREMENT,
    id                TEXT NOT NULL UNIQUE,
    collection_id     TEXT NOT NULL DEFAULT 'default',
    slug              TEXT NOT NULL,
    udf_body          TEXT NOT NULL,
    udf_type          TEXT NOT NULL,
    allow_public_read INTEGER NOT NULL,
    allow_public_list INTEGER NOT NULL,
    UNIQUE (collection_id, slug)
) STRICT;

CREATE TABLE tokens (
    number        INTEGER PRIMARY KEY AUTOINCREMENT,
    token         TEXT NOT NULL UNIQUE,
    udf_id        TEXT NOT NULL,
    udf_slug      TEXT NOT NULL,
    client_id     TEXT,
    cache         INTEGER NOT NULL,
    metadata_json TEXT NOT NULL,
    enabled       INTEGER NOT NULL,
    last_updated  INTEGER NOT NULL,
    public_read   INTEGER,
    access_scope  TEXT
) STRICT;

CREATE TABLE schedules (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    id       TEXT NOT NULL UNIQUE,
    udf_id   TEXT NOT NULL,
    content  TEXT NOT NULL,
    last_run INTEGER
) STRICT;
