-- The receipts of some commands, each by a look into the index: a join may be planned as a scan.
SELECT found.scope, found.command, fingerprint, stream, version, position, facts, digest, number
FROM unnest(%s::text[], %s::text[]) AS asked (scope, command)
CROSS JOIN LATERAL (
    SELECT * FROM {schema}.receipts AS one
    WHERE one.scope = asked.scope AND one.command = asked.command LIMIT 1
) AS found;
