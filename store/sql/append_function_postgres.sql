-- Append rows and receipts in one round trip: take the log, check that it ends where the caller
-- believes, store everything, and notify those who listen when it is committed.
CREATE FUNCTION {schema}.append(
    busy text, key bigint, channel text,
    expected_position bigint, expected_chain bytea, new_topics boolean,
    row_streams text[], row_versions bigint[], row_topics text[], row_times bigint[],
    row_states bytea[], row_digests bytea[], row_chains bytea[],
    scopes text[], commands text[], fingerprints bytea[], receipt_streams text[],
    receipt_versions bigint[], receipt_positions bigint[], receipt_facts bigint[],
    receipt_digests bytea[]
) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    ended record;
    last record;
    one bigint;
    last_time bigint;
    reached bigint := expected_position + cardinality(row_streams);
BEGIN
    -- A weaker durability than ours is raised, a stronger one is kept.
    PERFORM set_config('lock_timeout', busy, true),
            CASE WHEN current_setting('synchronous_commit') IN ('off', 'local')
                 THEN set_config('synchronous_commit', 'on', true) END;
    PERFORM pg_advisory_xact_lock(key);
    -- Statements of their own: they see what was committed while the lock was waited for.
    SELECT position, receipts INTO STRICT ended FROM {schema}.tail;
    SELECT position, chain, recorded_at INTO last
        FROM {schema}.log ORDER BY position DESC LIMIT 1;
    IF ended.position <> expected_position OR coalesce(last.position, 0) <> expected_position
        OR coalesce(last.chain, ''::bytea) <> expected_chain THEN
        RAISE EXCEPTION 'the log ends at %, not at %', ended.position, expected_position
            USING ERRCODE = 'GJ001';
    END IF;
    last_time := last.recorded_at;
    FOREACH one IN ARRAY row_times LOOP
        IF one < last_time THEN
            RAISE EXCEPTION 'recorded_at never decreases along the log' USING ERRCODE = 'GJ002';
        END IF;
        last_time := one;
    END LOOP;
    IF new_topics THEN
        INSERT INTO {schema}.topics (topic, position)
        SELECT topic, expected_position + min(place)
        FROM unnest(row_topics) WITH ORDINALITY AS used (topic, place) GROUP BY topic
        ON CONFLICT DO NOTHING;
    END IF;
    INSERT INTO {schema}.log
        (position, stream, version, topic, recorded_at, state, digest, chain)
    SELECT expected_position + place, stream, version, topic, recorded_at, state, digest, chain
    FROM unnest(row_streams, row_versions, row_topics, row_times, row_states, row_digests,
                row_chains) WITH ORDINALITY
        AS fresh (stream, version, topic, recorded_at, state, digest, chain, place);
    IF EXISTS (
        SELECT FROM unnest(row_streams, row_versions) WITH ORDINALITY
            AS fresh (stream, version, place)
        WHERE version < 0
           OR version > 1 AND NOT EXISTS (
               SELECT FROM {schema}.log AS before
               WHERE before.stream = fresh.stream AND before.version = fresh.version - 1
                 AND before.position < expected_position + place)
           OR version = 0 AND EXISTS (
               SELECT FROM {schema}.log AS later
               WHERE later.stream = fresh.stream AND later.version = 1
                 AND later.position < expected_position + place)
    ) THEN
        RAISE EXCEPTION 'versions of a stream follow each other' USING ERRCODE = 'GJ003';
    END IF;
    INSERT INTO {schema}.receipts
        (number, scope, command, fingerprint, stream, version, position, facts, digest)
    SELECT ended.receipts + place, scope, command, fingerprint, stream, version, position, facts,
           digest
    FROM unnest(scopes, commands, fingerprints, receipt_streams, receipt_versions,
                receipt_positions, receipt_facts, receipt_digests) WITH ORDINALITY
        AS fresh (scope, command, fingerprint, stream, version, position, facts, digest, place);
    UPDATE {schema}.tail
    SET position = reached, receipts = ended.receipts + cardinality(scopes);
    IF reached > expected_position THEN
        PERFORM pg_notify(channel, reached::text);
    END IF;
END $$;
