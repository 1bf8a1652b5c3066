-- Where the log ends: as noted with the last append, and the last row there is.
SELECT tail.position, tail.receipts, log.position, log.recorded_at, log.chain
FROM {schema}.tail
LEFT JOIN {schema}.log ON log.position = (SELECT max(position) FROM {schema}.log);
