"""Finding keys in bytes: rules, the matching engine, AWS pairing and decoys. Pure: no files, no clock, no globals."""
