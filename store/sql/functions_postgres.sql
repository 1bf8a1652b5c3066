-- Take the log until the transaction ends, and read where it ends.
CREATE FUNCTION {schema}.take(
    busy text, key bigint,
    OUT ended bigint, OUT recorded_at bigint, OUT chain bytea,
    OUT number bigint, OUT counted bigint
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    -- A weaker durability than ours is raised, a stronger one is kept. Arrays of different length
    -- are no reason to plan the same statement again.
    PERFORM set_config('lock_timeout', busy, true),
            set_config('plan_cache_mode', 'force_generic_plan', true),
            CASE WHEN current_setting('synchronous_commit') IN ('off', 'local')
                 THEN set_config('synchronous_commit', 'on', true) END;
    PERFORM pg_advisory_xact_lock(key);
    -- Statements of their own: they see what was committed while the lock was waited for.
    SELECT last.position, last.recorded_at, last.chain
        INTO take.ended, take.recorded_at, take.chain
        FROM {schema}.log AS last ORDER BY last.position DESC LIMIT 1;
    SELECT last.number, last.position INTO take.number, take.counted
        FROM {schema}.receipts AS last ORDER BY last.number DESC LIMIT 1;
    take.ended := coalesce(take.ended, 0);
    take.number := coalesce(take.number, 0);
    take.counted := coalesce(take.counted, 0);
END $$;
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
    last record;
    one bigint;
    last_time bigint;
    reached bigint := expected_position + cardinality(row_streams);
BEGIN
    SELECT * INTO last FROM {schema}.take(busy, key);
    IF last.ended <> expected_position OR last.counted <> expected_position
        OR coalesce(last.chain, ''::bytea) <> expected_chain THEN
        RAISE EXCEPTION 'the log ends at %, not at %', last.ended, expected_position
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
    -- The caller has seen to the order inside of what it appends.
    IF 1 < ANY (row_versions) AND EXISTS (
        SELECT FROM unnest(row_streams, row_versions) AS fresh (stream, version)
        WHERE version > 1 AND NOT EXISTS (
            SELECT FROM {schema}.log AS before
            WHERE before.stream = fresh.stream AND before.version = fresh.version - 1)
    ) OR 0 = ANY (row_versions) AND EXISTS (
        SELECT FROM unnest(row_streams, row_versions) AS fresh (stream, version)
        WHERE version = 0 AND EXISTS (
            SELECT FROM {schema}.log AS later
            WHERE later.stream = fresh.stream AND later.version = 1
              AND later.position <= expected_position)
    ) THEN
        RAISE EXCEPTION 'versions of a stream follow each other' USING ERRCODE = 'GJ003';
    END IF;
    INSERT INTO {schema}.receipts
        (number, scope, command, fingerprint, stream, version, position, facts, digest)
    SELECT last.number + place, scope, command, fingerprint, stream, version, position, facts,
           digest
    FROM unnest(scopes, commands, fingerprints, receipt_streams, receipt_versions,
                receipt_positions, receipt_facts, receipt_digests) WITH ORDINALITY
        AS fresh (scope, command, fingerprint, stream, version, position, facts, digest, place);
    IF reached > expected_position THEN
        PERFORM pg_notify(channel, reached::text);
    END IF;
END $$;
