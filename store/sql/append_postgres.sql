-- Append rows and answers, and tell those who listen, when it is committed, that the log has grown.
WITH facts AS (
    INSERT INTO {schema}.log (position, stream, version, topic, state)
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[], %b::bytea[])
), answers AS (
    INSERT INTO {schema}.answered (command, stream, version, position, facts)
    SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[])
)
SELECT pg_notify({channel_name}, heard) FROM unnest(%s::text[]) AS heard;
