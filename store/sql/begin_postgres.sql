-- Begin to append: take the log, then read its end. All of it in one round trip, but not in libpq's
-- pipeline, after which PostgreSQL does not notice that a session is idle in its transaction.
BEGIN ISOLATION LEVEL READ COMMITTED;
SELECT set_config('idle_in_transaction_session_timeout', {frozen}, true);
SELECT ended, recorded_at, chain, number, counted FROM {schema}.take({busy}, {key});
