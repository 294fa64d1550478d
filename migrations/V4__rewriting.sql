-- How a text was made that a model rewrote: what only the computer knows that asked the model. Its generator stands beside it in
-- stored_texts, and the record leaves with the text.
CREATE TABLE rewrites (
    storage_path TEXT NOT NULL PRIMARY KEY REFERENCES stored_texts (storage_path) ON DELETE CASCADE,
    model TEXT NOT NULL,
    prompt_version INTEGER NOT NULL CHECK (prompt_version >= 1),
    -- NULL where the server did not tell.
    prompt_tokens INTEGER,
    completion_tokens INTEGER,
    rewritten_sections INTEGER NOT NULL CHECK (rewritten_sections >= 1),
    -- An array of {heading, reason}.
    kept_sections TEXT NOT NULL CHECK (json_valid(kept_sections) AND json_type(kept_sections) = 'array'),
    created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Rewritten texts that another computer announced and that are not what they were made from in other words, by the judgement of
-- this program: a later one may judge otherwise, so they are asked for once more then.
CREATE TABLE refused_texts (
    storage_path TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
    program TEXT NOT NULL,
    reason TEXT NOT NULL,
    refused_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX refused_texts_by_user ON refused_texts (user_id);
