-- Everything in the schema that decides how the log behaves, each as (what, name, how).
WITH ours AS (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = {schema_name})
SELECT 'relation', relname::text,
       relkind::text || ' ' || relpersistence::text
       || CASE WHEN relrowsecurity THEN ' row security' ELSE '' END
       || CASE WHEN relhasrules AND relkind = 'r' THEN ' rules' ELSE '' END
       || CASE WHEN relhassubclass THEN ' inherited' ELSE '' END
FROM pg_catalog.pg_class WHERE relnamespace IN (SELECT oid FROM ours) AND relkind <> 't'
UNION ALL
SELECT 'column', relname || '.' || attname,
       pg_catalog.format_type(atttypid, atttypmod)
       || CASE WHEN attnotnull THEN ' not null' ELSE '' END
       || coalesce(' ' || collname, '')
FROM pg_catalog.pg_attribute
JOIN pg_catalog.pg_class ON pg_class.oid = attrelid
LEFT JOIN pg_catalog.pg_collation ON pg_collation.oid = attcollation
WHERE pg_class.relnamespace IN (SELECT oid FROM ours) AND relkind = 'r'
  AND attnum > 0 AND NOT attisdropped
UNION ALL
SELECT 'key', relname || ' ' || conname, contype::text || ' ' || (
           SELECT string_agg(attname, ',' ORDER BY place)
           FROM unnest(conkey) WITH ORDINALITY AS used (number, place)
           JOIN pg_catalog.pg_attribute ON attrelid = conrelid AND attnum = number)
FROM pg_catalog.pg_constraint
JOIN pg_catalog.pg_class ON pg_class.oid = conrelid
WHERE pg_class.relnamespace IN (SELECT oid FROM ours) AND contype <> 'n'
UNION ALL
SELECT 'trigger', relname || ' ' || tgname, tgtype::text || ' ' || tgenabled::text || ' ' || proname
       || CASE WHEN tgqual IS NULL THEN '' ELSE ' when' END
FROM pg_catalog.pg_trigger
JOIN pg_catalog.pg_class ON pg_class.oid = tgrelid
JOIN pg_catalog.pg_proc ON pg_proc.oid = tgfoid
WHERE pg_class.relnamespace IN (SELECT oid FROM ours) AND NOT tgisinternal
UNION ALL
SELECT 'function', proname::text,
       encode(sha256(convert_to(regexp_replace(prosrc, '\s+', ' ', 'g'), 'UTF8')), 'hex')
       || ' ' || provolatile::text
FROM pg_catalog.pg_proc WHERE pronamespace IN (SELECT oid FROM ours)
ORDER BY 1, 2;
