-- Chapters that a reader wants rewritten, until they are. On this computer only: another one may have no model.
CREATE TABLE rewrite_wishes (
    user_id TEXT NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
    book_id TEXT NOT NULL,
    chapter_id INTEGER NOT NULL CHECK (chapter_id >= 1),
    -- The background it was wished for; where the reader has another one meanwhile, it is done for that one.
    profile_hash TEXT NOT NULL CHECK (length(profile_hash) BETWEEN 1 AND 64),
    -- 1: although it is rewritten already.
    again INTEGER NOT NULL CHECK (again IN (0, 1)),
    wished_at TEXT NOT NULL,
    -- In vain so far, and those of them at which the server did answer.
    tries INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
    answered_tries INTEGER NOT NULL DEFAULT 0 CHECK (answered_tries >= 0),
    -- A sentence on why the last one was in vain.
    last_reason TEXT,
    PRIMARY KEY (user_id, book_id, chapter_id)
) STRICT, WITHOUT ROWID;

-- Rewritten texts that a later one took the place of. They are taken back everywhere and stay on this computer alone, to be
-- compared and opened again, until the quota takes them or another one follows.
CREATE TABLE earlier_rewrites (
    storage_path TEXT NOT NULL PRIMARY KEY REFERENCES stored_texts (storage_path) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
    replaced_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX earlier_rewrites_by_user ON earlier_rewrites (user_id);
