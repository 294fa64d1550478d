-- Texts in a remote that no replica mentioned when it was last looked through, and since when that is known. A computer that
-- was lost before it could mention what it had sent leaves such texts; after 30 days they are swept.
CREATE TABLE unmentioned_texts (
    remote_id TEXT NOT NULL REFERENCES remotes (remote_id) ON DELETE CASCADE,
    storage_path TEXT NOT NULL,
    since TEXT NOT NULL,
    PRIMARY KEY (remote_id, storage_path)
) STRICT, WITHOUT ROWID;

-- When the remote was last looked through for them.
ALTER TABLE remotes ADD COLUMN swept_at TEXT;
