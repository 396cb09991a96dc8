BEGIN TRANSACTION;
CREATE TABLE collections (
    number            INTEGER PRIMARY KEY AUTOINCREMENT,
    id                TEXT NOT NULL UNIQUE,
    name              TEXT NOT NULL UNIQUE,
    access_scope      TEXT NOT NULL,
    allow_public_read INTEGER NOT NULL,
    dashboard_body    TEXT,
    last_updated      INTEGER NOT NULL
) STRICT;
INSERT INTO "collections" VALUES(1,'default','default','team',0,NULL,0);
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
INSERT INTO "runs" VALUES(1,'da2ae25b-23aa-4c92-8bd9-233740b60414','broken','before-scopes-1/ddab840c3b3f77964c82b30f91cf3d61','{"name":"broken","steps":[{"name":null,"metadata":null,"ignore_chunk_error":false,"n_processes":null,"type":"udf","udf":{"type":"geopandas_v2","name":"udf","entrypoint":"udf","code":"@fused.udf\ndef udf(n: int = 0):\n    if n < 0:\n        raise ValueError(\"no such tile\")\n    print(f\"n={n}\")\n    return n\n","headers":[],"parameters":{"n":-1},"metadata":null,"table_schema":null,"cache_max_age":null,"original_headers":null,"collection_id":null,"collection_name":null,"engine":null,"disk_size_gb":null,"region":null},"input":null}],"metadata":{"fused-spec":{"v":1,"scope":"before-scopes-1","kind":"Job","name":"broken","digest":"d1:8a77cf7df9ee92af9063060312f8e1a416e628e8f90e2fd63062432f5433865f","attempt":1,"tries":1,"nonce":"ddab840c3b3f77964c82b30f91cf3d61","settings":{"additional_env":{"FUSED_CREDENTIAL_PROVIDER":"ec2"}}}}}','{"FUSED_CREDENTIAL_PROVIDER": "ec2"}',NULL,NULL,NULL,NULL,NULL,NULL,1,1796042590376,'terminated','Failed',1796042595939,1,0,0,14015);
INSERT INTO "runs" VALUES(2,'a55078db-217c-445d-94f3-499ffb80cd42','yearly','before-scopes-1/deebf25daf70867bb413ada49cc2a6c1','{"name":"yearly","steps":[{"name":null,"metadata":null,"ignore_chunk_error":false,"n_processes":null,"type":"udf","udf":{"type":"geopandas_v2","name":"udf","entrypoint":"udf","code":"@fused.udf\ndef udf(n: int = 0):\n    if n < 0:\n        raise ValueError(\"no such tile\")\n    print(f\"n={n}\")\n    return n\n","headers":[],"parameters":{"n":4},"metadata":null,"table_schema":null,"cache_max_age":null,"original_headers":null,"collection_id":null,"collection_name":null,"engine":null,"disk_size_gb":null,"region":null},"input":null}],"metadata":{"fused-spec":{"v":1,"scope":"before-scopes-1","kind":"Job","name":"yearly","digest":"d1:3fc3be1494062332421813ef61db6f4be9e2af0f85eeeb594edeed3133ae4bec","attempt":1,"tries":1,"nonce":"deebf25daf70867bb413ada49cc2a6c1","settings":{"additional_env":{"FUSED_CREDENTIAL_PROVIDER":"ec2"}}}}}','{"FUSED_CREDENTIAL_PROVIDER": "ec2"}',NULL,NULL,NULL,NULL,NULL,NULL,1,1796042590387,'terminated','Done',1796042595983,1,1,0,14016);
INSERT INTO "runs" VALUES(3,'0c806ae0-f484-4fd1-b590-3ff89709bef7','points','before-scopes-1/f077398d30a302465de962e683a789ee','{"name":"points","steps":[{"name":null,"metadata":null,"ignore_chunk_error":false,"n_processes":null,"type":"udf","udf":{"type":"geopandas_v2","name":"udf","entrypoint":"udf","code":"@fused.udf\ndef udf(n: int = 0):\n    if n < 0:\n        raise ValueError(\"no such tile\")\n    print(f\"n={n}\")\n    return n\n","headers":[],"parameters":{"n":1},"metadata":null,"table_schema":null,"cache_max_age":null,"original_headers":null,"collection_id":null,"collection_name":null,"engine":null,"disk_size_gb":null,"region":null},"input":null}],"metadata":{"fused-spec":{"v":1,"scope":"before-scopes-1","kind":"Job","name":"points","digest":"d1:4fba47de381c0e832a8ea02cabc08b4673cef5e4f7c4fdc638f27764c43f323e","attempt":1,"tries":1,"nonce":"f077398d30a302465de962e683a789ee","settings":{"additional_env":{"FUSED_CREDENTIAL_PROVIDER":"ec2"}}}}}','{"FUSED_CREDENTIAL_PROVIDER": "ec2"}',NULL,NULL,NULL,NULL,NULL,NULL,1,1796042590404,'terminated','Done',1796042596039,1,1,0,14019);
INSERT INTO "runs" VALUES(4,'582e21c2-7f47-44dc-aaeb-c94d4565714a','zones','before-scopes-1/c2139c4641c934d70d705fde256433b5','{"name":"zones","steps":[{"name":null,"metadata":null,"ignore_chunk_error":false,"n_processes":null,"type":"udf","udf":{"type":"geopandas_v2","name":"udf","entrypoint":"udf","code":"@fused.udf\ndef udf(n: int = 0):\n    if n < 0:\n        raise ValueError(\"no such tile\")\n    print(f\"n={n}\")\n    return n\n","headers":[],"parameters":{"n":2},"metadata":null,"table_schema":null,"cache_max_age":null,"original_headers":null,"collection_id":null,"collection_name":null,"engine":null,"disk_size_gb":null,"region":null},"input":null}],"metadata":{"fused-spec":{"v":1,"scope":"before-scopes-1","kind":"Job","name":"zones","digest":"d1:dfdcf4a21700752390afd227fcc2d5e86af23f3afa67ed1292b420525ee95e49","attempt":1,"tries":1,"nonce":"c2139c4641c934d70d705fde256433b5","settings":{"additional_env":{"FUSED_CREDENTIAL_PROVIDER":"ec2"}}}}}','{"FUSED_CREDENTIAL_PROVIDER": "ec2"}',NULL,NULL,NULL,NULL,NULL,NULL,1,1796042597142,'terminated','Done',1796042597169,1,1,0,14061);
CREATE TABLE schedules (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    id       TEXT NOT NULL UNIQUE,
    udf_id   TEXT NOT NULL,
    content  TEXT NOT NULL,
    last_run INTEGER
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
CREATE INDEX unfinished ON runs (status) WHERE status <> 'terminated';
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('collections',1);
INSERT INTO "sqlite_sequence" VALUES('runs',4);
COMMIT;
PRAGMA user_version = 3;
