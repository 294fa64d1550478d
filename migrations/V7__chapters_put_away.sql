-- Chapters whose texts their reader removed from this computer. No sync brings a text of one here, until its reader opens it again.
CREATE TABLE chapters_put_away (
    user_id TEXT NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
    chapter_id INTEGER NOT NULL CHECK (chapter_id >= 1),
    PRIMARY KEY (user_id, chapter_id)
) STRICT, WITHOUT ROWID;
