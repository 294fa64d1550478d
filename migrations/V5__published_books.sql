-- The book that is published in a remote, as its index was last read. Without an etag none was there.
CREATE TABLE published_books (
    remote_id TEXT NOT NULL REFERENCES remotes (remote_id) ON DELETE CASCADE,
    book_id TEXT NOT NULL,
    looked_at TEXT NOT NULL,
    etag TEXT,
    -- The index; NULL where it can't be read.
    body BLOB,
    -- Why it is not installed, though it is newer: for good, or for want of something that may be there another day.
    fault TEXT,
    verdict TEXT CHECK (verdict IN ('refused', 'lacking')),
    judged_by TEXT,
    judged_at TEXT,
    PRIMARY KEY (remote_id, book_id),
    CHECK (etag IS NOT NULL OR body IS NULL),
    CHECK ((fault IS NULL) = (verdict IS NULL) AND (fault IS NULL) = (judged_by IS NULL) AND (fault IS NULL) = (judged_at IS NULL))
) STRICT, WITHOUT ROWID;

-- The newest edition of each book that was fetched from a remote. Its files are in the data folder; it opens at the next start,
-- unless the program brings a book that is as new.
CREATE TABLE installed_books (
    book_id TEXT NOT NULL PRIMARY KEY,
    body BLOB NOT NULL,
    installed_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
