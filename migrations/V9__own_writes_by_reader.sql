-- Every replica that this computer began to write for a reader, so that it knows its own again: when an answer was lost, and
-- where it meets one place under two names or comes back to a place that it had forgotten.
CREATE TABLE own_writes_by_reader (
    user_id TEXT NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
    write_id TEXT NOT NULL,
    PRIMARY KEY (user_id, write_id)
) STRICT, WITHOUT ROWID;

INSERT OR IGNORE INTO own_writes_by_reader (user_id, write_id)
SELECT r.user_id, w.write_id FROM own_writes w JOIN remotes r ON r.remote_id = w.remote_id;

DROP TABLE own_writes;
ALTER TABLE own_writes_by_reader RENAME TO own_writes;

-- Changes of this computer's reader that its replica told the remote.
ALTER TABLE sync_runs ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
