-- The log, its topics, and the receipts of commands, which count every row. Rows are only ever added.
CREATE TABLE log (
    position    INTEGER PRIMARY KEY,
    stream      TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    topic       TEXT    NOT NULL,
    recorded_at INTEGER NOT NULL,
    digest      BLOB    NOT NULL CHECK (length(digest) = 32),
    chain       BLOB    NOT NULL CHECK (length(chain) = 32),
    state       BLOB    NOT NULL,
    UNIQUE (stream, version)
) STRICT;
CREATE TABLE topics (
    topic    TEXT    PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE receipts (
    number      INTEGER PRIMARY KEY,
    scope       TEXT    NOT NULL,
    command     TEXT    NOT NULL,
    fingerprint BLOB    NOT NULL CHECK (length(fingerprint) = 16),
    stream      TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    position    INTEGER NOT NULL,
    facts       INTEGER NOT NULL,
    digest      BLOB    NOT NULL CHECK (length(digest) = 32),
    UNIQUE (scope, command)
) STRICT;

CREATE TRIGGER log_keeps_rows BEFORE UPDATE ON log
BEGIN SELECT RAISE(ABORT, 'the log is append-only: record a further fact instead'); END;
CREATE TRIGGER log_loses_nothing BEFORE DELETE ON log
BEGIN SELECT RAISE(ABORT, 'the log is append-only: record a further fact instead'); END;
CREATE TRIGGER topics_keep_rows BEFORE UPDATE ON topics
BEGIN SELECT RAISE(ABORT, 'topics are append-only'); END;
CREATE TRIGGER topics_lose_nothing BEFORE DELETE ON topics
BEGIN SELECT RAISE(ABORT, 'topics are append-only'); END;
CREATE TRIGGER receipts_keep_rows BEFORE UPDATE ON receipts
BEGIN SELECT RAISE(ABORT, 'receipts are append-only'); END;
CREATE TRIGGER receipts_lose_nothing BEFORE DELETE ON receipts
BEGIN SELECT RAISE(ABORT, 'receipts are append-only'); END;

-- INSERT OR REPLACE removes rows without a DELETE trigger: these refuse it before.
CREATE TRIGGER log_follows_without_gaps BEFORE INSERT ON log
WHEN NEW.position <> (SELECT coalesce(max(position), 0) + 1 FROM log)
BEGIN SELECT RAISE(ABORT, 'positions follow each other without gaps'); END;
CREATE TRIGGER log_versions_follow BEFORE INSERT ON log
WHEN NEW.version <> coalesce(
    (SELECT max(version) + 1 FROM log WHERE stream = NEW.stream),
    max(0, min(NEW.version, 1))
)
BEGIN SELECT RAISE(ABORT, 'this version of the stream is there already, or does not follow'); END;
CREATE TRIGGER log_never_backwards BEFORE INSERT ON log
WHEN NEW.recorded_at < (SELECT recorded_at FROM log WHERE position = NEW.position - 1)
BEGIN SELECT RAISE(ABORT, 'recorded_at never decreases along the log'); END;
CREATE TRIGGER log_names_topics BEFORE INSERT ON log
WHEN NOT EXISTS (SELECT 1 FROM topics WHERE topic = NEW.topic)
BEGIN SELECT RAISE(ABORT, 'the topic is entered in the table topics first'); END;
CREATE TRIGGER topics_replace_nothing BEFORE INSERT ON topics
WHEN EXISTS (SELECT 1 FROM topics WHERE topic = NEW.topic)
BEGIN SELECT RAISE(ABORT, 'topics are append-only'); END;
CREATE TRIGGER receipts_follow_without_gaps BEFORE INSERT ON receipts
WHEN NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM receipts)
BEGIN SELECT RAISE(ABORT, 'receipts follow each other without gaps'); END;
CREATE TRIGGER receipts_replace_nothing BEFORE INSERT ON receipts
WHEN EXISTS (SELECT 1 FROM receipts WHERE scope = NEW.scope AND command = NEW.command)
BEGIN SELECT RAISE(ABORT, 'this command has a receipt already'); END;
CREATE TRIGGER receipts_end_with_the_log BEFORE INSERT ON receipts
WHEN NEW.position > (SELECT coalesce(max(position), 0) FROM log)
BEGIN SELECT RAISE(ABORT, 'a receipt cannot point beyond the log'); END;
