-- The three tables of the course's data model, with its column names; a reader without an account has no e-mail.
CREATE TABLE "user" (
    id TEXT NOT NULL PRIMARY KEY
        CHECK (length(id) = 36 AND id GLOB '????????-????-????-????-????????????' AND id NOT GLOB '*[^0-9a-f-]*'),
    name TEXT NOT NULL,
    email TEXT UNIQUE,
    emailVerified INTEGER NOT NULL DEFAULT 0 CHECK (emailVerified IN (0, 1)),
    image TEXT,
    createdAt TEXT NOT NULL,
    updatedAt TEXT NOT NULL
) STRICT;

CREATE TABLE user_profiles (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES "user" (id) ON DELETE CASCADE,
    software_experience TEXT NOT NULL
        CHECK (json_valid(software_experience) AND json_type(software_experience) = 'object'),
    robotics_experience TEXT NOT NULL CHECK (robotics_experience IN ('none', 'simulation_only', 'real_hardware')),
    hardware_access TEXT NOT NULL CHECK (json_valid(hardware_access) AND json_type(hardware_access) = 'array'),
    learning_goals TEXT NOT NULL CHECK (json_valid(learning_goals) AND json_type(learning_goals) = 'array'),
    profile_hash TEXT NOT NULL CHECK (length(profile_hash) BETWEEN 1 AND 64),
    updated_at TEXT NOT NULL
) STRICT;

CREATE TABLE personalized_chapters (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
    chapter_id INTEGER NOT NULL CHECK (chapter_id >= 1),
    profile_hash TEXT NOT NULL CHECK (length(profile_hash) BETWEEN 1 AND 64),
    storage_path TEXT NOT NULL CHECK (length(storage_path) BETWEEN 1 AND 255),
    chapter_version INTEGER NOT NULL CHECK (chapter_version >= 1),
    created_at TEXT NOT NULL,
    UNIQUE (user_id, chapter_id, profile_hash)
) STRICT;

-- What only this program needs.

-- One row for each file under blobs/. An older version's file stays here, without a row above, until the quota takes it.
CREATE TABLE stored_texts (
    storage_path TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
    book_id TEXT NOT NULL,
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    len_bytes INTEGER NOT NULL CHECK (len_bytes >= 0),
    generator TEXT NOT NULL,
    created_at TEXT NOT NULL,
    last_opened_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX stored_texts_by_user ON stored_texts (user_id);

-- Where a reader stopped in a chapter, and the furthest they came.
CREATE TABLE reading_positions (
    user_id TEXT NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
    book_id TEXT NOT NULL,
    chapter_id INTEGER NOT NULL,
    element_id TEXT NOT NULL,
    progress REAL NOT NULL CHECK (progress BETWEEN 0 AND 1),
    updated_at TEXT NOT NULL,
    PRIMARY KEY (user_id, book_id, chapter_id)
) STRICT, WITHOUT ROWID;

-- owner: a reader's id, or '' for what belongs to the computer.
CREATE TABLE settings (
    owner TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL CHECK (json_valid(value)),
    PRIMARY KEY (owner, key)
) STRICT, WITHOUT ROWID;
