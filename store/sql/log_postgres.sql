-- The log, its topics, and the receipts of commands, which count every row. Rows are only ever added.
CREATE SCHEMA IF NOT EXISTS {schema};
CREATE TABLE {schema}.log (
    position    bigint PRIMARY KEY,
    stream      text   COLLATE "C" NOT NULL,
    version     bigint NOT NULL,
    topic       text   COLLATE "C" NOT NULL,
    recorded_at bigint NOT NULL,
    digest      bytea  NOT NULL CHECK (length(digest) = 32),
    chain       bytea  NOT NULL CHECK (length(chain) = 32),
    state       bytea  NOT NULL,
    UNIQUE (stream, version)
);
CREATE TABLE {schema}.topics (
    topic    text   COLLATE "C" PRIMARY KEY,
    position bigint NOT NULL
);
CREATE TABLE {schema}.receipts (
    number      bigint PRIMARY KEY,
    scope       text   COLLATE "C" NOT NULL,
    command     text   COLLATE "C" NOT NULL,
    fingerprint bytea  NOT NULL CHECK (length(fingerprint) = 16),
    stream      text   COLLATE "C" NOT NULL,
    version     bigint NOT NULL,
    position    bigint NOT NULL,
    facts       bigint NOT NULL,
    digest      bytea  NOT NULL CHECK (length(digest) = 32),
    UNIQUE (scope, command)
);
CREATE TABLE {schema}.info (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    format integer NOT NULL
);
INSERT INTO {schema}.info (format) VALUES ({format});

CREATE FUNCTION {schema}.append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only: record a further fact instead', TG_TABLE_NAME; END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {schema}.log
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {schema}.topics
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {schema}.receipts
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.append_only();
-- Also for sessions that replay another server's changes, where triggers are off otherwise.
ALTER TABLE {schema}.log ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE {schema}.topics ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE {schema}.receipts ENABLE ALWAYS TRIGGER append_only;
