-- By which admins look for keys: names by how they begin, and hints, as they stand in logs and letters.

CREATE INDEX api_key_by_name ON api_key (name COLLATE "C", id);
CREATE INDEX api_key_by_hint ON api_key (hint, id);
