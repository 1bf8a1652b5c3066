-- Where the log ends: its last row, and the last receipt, which counts it.
SELECT coalesce(last.position, 0), last.recorded_at, last.chain,
       coalesce(receipt.number, 0), coalesce(receipt.position, 0)
FROM (SELECT 1) AS one
LEFT JOIN {schema}.log AS last ON last.position = (SELECT max(position) FROM {schema}.log)
LEFT JOIN {schema}.receipts AS receipt
    ON receipt.number = (SELECT max(number) FROM {schema}.receipts);
