-- Where the log ends: its last row, and the last receipt, which counts it.
SELECT coalesce(last.position, 0), last.recorded_at, last.chain,
       coalesce(receipt.number, 0), coalesce(receipt.position, 0)
FROM (SELECT 1)
LEFT JOIN log AS last ON last.position = (SELECT max(position) FROM log)
LEFT JOIN receipts AS receipt ON receipt.number = (SELECT max(number) FROM receipts);
