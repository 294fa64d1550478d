-- What a reader's computers agree on, one row for each thing that can be changed by itself. user_profiles is its view.
CREATE TABLE registers (
    user_id TEXT NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
    collection TEXT NOT NULL CHECK (collection <> '' AND instr(collection, '/') = 0),
    key TEXT NOT NULL,
    value TEXT NOT NULL CHECK (json_valid(value)),
    removed INTEGER NOT NULL CHECK (removed IN (0, 1)),
    stamp TEXT NOT NULL,
    PRIMARY KEY (user_id, collection, key)
) STRICT, WITHOUT ROWID;

-- This computer among a reader's computers. changes counts what a sync may have to send.
CREATE TABLE devices (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES "user" (id) ON DELETE CASCADE,
    device_id TEXT NOT NULL UNIQUE,
    changes INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Which answers a profile hash stands for, so that another computer can write the same text itself.
CREATE TABLE backgrounds (
    user_id TEXT NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
    profile_hash TEXT NOT NULL CHECK (length(profile_hash) = 32),
    background TEXT NOT NULL CHECK (json_valid(background) AND json_type(background) = 'object'),
    PRIMARY KEY (user_id, profile_hash)
) STRICT, WITHOUT ROWID;

-- When and where a text was made, and by which computer it was sent here; NULL where that is not known, or here.
ALTER TABLE stored_texts ADD COLUMN stamp TEXT;
ALTER TABLE stored_texts ADD COLUMN came_from TEXT;

-- Where a reader's things are kept beside this computer. The secrets that open it are not here.
CREATE TABLE remotes (
    remote_id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
    location TEXT NOT NULL CHECK (json_valid(location)),
    -- The id in its primer.json, once it was read.
    identity TEXT,
    paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
    -- What was true when the last sync found nothing left to do.
    settled TEXT,
    added_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX remotes_by_user ON remotes (user_id);

-- Each computer's replica as it was last read from, or written to, a remote; without a body where it can't be used.
CREATE TABLE remote_replicas (
    remote_id TEXT NOT NULL REFERENCES remotes (remote_id) ON DELETE CASCADE,
    device_id TEXT NOT NULL,
    etag TEXT NOT NULL,
    body BLOB,
    fault TEXT,
    PRIMARY KEY (remote_id, device_id),
    CHECK ((body IS NULL) <> (fault IS NULL))
) STRICT, WITHOUT ROWID;

-- Every replica this computer began to write, so that it knows its own again when an answer was lost.
CREATE TABLE own_writes (
    remote_id TEXT NOT NULL REFERENCES remotes (remote_id) ON DELETE CASCADE,
    write_id TEXT NOT NULL,
    PRIMARY KEY (remote_id, write_id)
) STRICT, WITHOUT ROWID;

-- Texts that are in a remote already, though no replica mentions them yet.
CREATE TABLE uploads (
    remote_id TEXT NOT NULL REFERENCES remotes (remote_id) ON DELETE CASCADE,
    storage_path TEXT NOT NULL,
    PRIMARY KEY (remote_id, storage_path)
) STRICT, WITHOUT ROWID;

-- Texts that were asked of a remote and were not there, or not what they should be.
CREATE TABLE missing_texts (
    remote_id TEXT NOT NULL REFERENCES remotes (remote_id) ON DELETE CASCADE,
    storage_path TEXT NOT NULL,
    PRIMARY KEY (remote_id, storage_path)
) STRICT, WITHOUT ROWID;

CREATE TABLE sync_runs (
    run_id INTEGER PRIMARY KEY,
    remote_id TEXT NOT NULL REFERENCES remotes (remote_id) ON DELETE CASCADE,
    began_at TEXT NOT NULL,
    ended_at TEXT NOT NULL,
    requests INTEGER NOT NULL,
    sent_bytes INTEGER NOT NULL,
    received_bytes INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    received INTEGER NOT NULL,
    merged INTEGER NOT NULL,
    -- A code of the closed set and what was said of it; NULL where all went well.
    fault TEXT,
    message TEXT
) STRICT;

CREATE INDEX sync_runs_by_remote ON sync_runs (remote_id, run_id);

-- Readers who were here before: a name among computers for each, and registers for what they had said. A stamp has a year
-- before 9000, whatever a mad clock wrote.
INSERT INTO devices (user_id, device_id)
SELECT u.id,
       substr(r.hex, 1, 8) || '-' || substr(r.hex, 9, 4) || '-4' || substr(r.hex, 14, 3) || '-a' || substr(r.hex, 18, 3)
           || '-' || substr(r.hex, 21, 12)
FROM "user" u JOIN (SELECT id AS of_id, lower(hex(randomblob(16))) AS hex FROM "user") r ON r.of_id = u.id;

INSERT INTO registers (user_id, collection, key, value, removed, stamp)
SELECT u.id, 'reader', 'name', json_quote(u.name), 0, min(u.updatedAt, '8999-12-31T23:59:59.999Z') || '+0@' || d.device_id
FROM "user" u JOIN devices d ON d.user_id = u.id;

INSERT INTO registers (user_id, collection, key, value, removed, stamp)
SELECT p.user_id, 'robotics', 'experience', json_quote(p.robotics_experience), 0, min(p.updated_at, '8999-12-31T23:59:59.999Z') || '+0@' || d.device_id
FROM user_profiles p JOIN devices d ON d.user_id = p.user_id;

INSERT INTO registers (user_id, collection, key, value, removed, stamp)
SELECT p.user_id, 'skill', j.key, json_quote(j.value), 0, min(p.updated_at, '8999-12-31T23:59:59.999Z') || '+0@' || d.device_id
FROM user_profiles p JOIN devices d ON d.user_id = p.user_id, json_each(p.software_experience) j;

INSERT INTO registers (user_id, collection, key, value, removed, stamp)
SELECT p.user_id, 'hardware', j.value, 'true', 0, min(p.updated_at, '8999-12-31T23:59:59.999Z') || '+0@' || d.device_id
FROM user_profiles p JOIN devices d ON d.user_id = p.user_id, json_each(p.hardware_access) j;

INSERT INTO registers (user_id, collection, key, value, removed, stamp)
SELECT p.user_id, 'goal', j.value, 'true', 0, min(p.updated_at, '8999-12-31T23:59:59.999Z') || '+0@' || d.device_id
FROM user_profiles p JOIN devices d ON d.user_id = p.user_id, json_each(p.learning_goals) j;

INSERT INTO backgrounds (user_id, profile_hash, background)
SELECT user_id, profile_hash,
       json_object('software_experience', json(software_experience), 'robotics_experience', robotics_experience,
                   'hardware_access', json(hardware_access), 'learning_goals', json(learning_goals))
FROM user_profiles WHERE length(profile_hash) = 32;
