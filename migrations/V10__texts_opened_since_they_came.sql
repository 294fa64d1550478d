-- Whether its reader has opened the text here. What a sync brought has not been; what was written here was.
ALTER TABLE stored_texts ADD COLUMN opened INTEGER NOT NULL DEFAULT 1 CHECK (opened IN (0, 1));
