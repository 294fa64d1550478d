-- How many rewritten texts a rewritten one took the place of, one after the other; 0 for the first and for all that no model rewrote.
ALTER TABLE stored_texts ADD COLUMN improvements INTEGER NOT NULL DEFAULT 0 CHECK (improvements BETWEEN 0 AND 4294967295);
