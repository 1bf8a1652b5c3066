-- The log and the answers to commands. Nothing in them is ever changed or taken away.
CREATE SCHEMA IF NOT EXISTS {schema};
CREATE TABLE {schema}.log (
    position bigint PRIMARY KEY,
    stream   text   COLLATE "C" NOT NULL,
    version  bigint NOT NULL,
    topic    text   COLLATE "C" NOT NULL,
    state    bytea  NOT NULL,
    UNIQUE (stream, version)
);
CREATE TABLE {schema}.answered (
    command  text   COLLATE "C" PRIMARY KEY,
    stream   text   COLLATE "C" NOT NULL,
    version  bigint NOT NULL,
    position bigint NOT NULL,
    facts    bigint NOT NULL
);
CREATE TABLE {schema}.info (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    format integer NOT NULL
);
CREATE FUNCTION {schema}.append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only: record a further fact instead', TG_TABLE_NAME; END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {schema}.log
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {schema}.answered
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.append_only();
-- Also for sessions that replay another server's changes, where triggers are off otherwise.
ALTER TABLE {schema}.log ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE {schema}.answered ENABLE ALWAYS TRIGGER append_only;
INSERT INTO {schema}.info (format) VALUES ({format});
