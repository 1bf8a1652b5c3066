-- The log and the answers to commands. Nothing in them is ever changed or taken away.
CREATE TABLE IF NOT EXISTS log (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    stream   TEXT    NOT NULL,
    version  INTEGER NOT NULL,
    topic    TEXT    NOT NULL,
    state    BLOB    NOT NULL,
    UNIQUE (stream, version)
);
CREATE TABLE IF NOT EXISTS answered (
    command  TEXT    PRIMARY KEY,
    stream   TEXT    NOT NULL,
    version  INTEGER NOT NULL,
    position INTEGER NOT NULL,
    facts    INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS log_keeps_rows BEFORE UPDATE ON log
BEGIN SELECT RAISE(ABORT, 'the log is append-only: record a further fact instead'); END;
CREATE TRIGGER IF NOT EXISTS log_loses_nothing BEFORE DELETE ON log
BEGIN SELECT RAISE(ABORT, 'the log is append-only: record a further fact instead'); END;
CREATE TRIGGER IF NOT EXISTS answered_keeps_rows BEFORE UPDATE ON answered
BEGIN SELECT RAISE(ABORT, 'answers to commands are append-only'); END;
CREATE TRIGGER IF NOT EXISTS answered_loses_nothing BEFORE DELETE ON answered
BEGIN SELECT RAISE(ABORT, 'answers to commands are append-only'); END;
-- INSERT OR REPLACE takes rows away without a DELETE trigger: it is caught before.
CREATE TRIGGER IF NOT EXISTS log_follows_without_gaps BEFORE INSERT ON log
WHEN NEW.position <> (SELECT coalesce(max(position), 0) + 1 FROM log)
BEGIN SELECT RAISE(ABORT, 'positions follow each other without gaps'); END;
CREATE TRIGGER IF NOT EXISTS log_replaces_nothing BEFORE INSERT ON log
WHEN EXISTS (SELECT 1 FROM log WHERE stream = NEW.stream AND version = NEW.version)
BEGIN SELECT RAISE(ABORT, 'this version of the stream is there already'); END;
CREATE TRIGGER IF NOT EXISTS answered_replaces_nothing BEFORE INSERT ON answered
WHEN EXISTS (SELECT 1 FROM answered WHERE command = NEW.command)
BEGIN SELECT RAISE(ABORT, 'this command was answered already'); END;
