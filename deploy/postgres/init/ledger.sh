#!/usr/bin/env bash
# The role that billing-sync writes the ledger as: it owns the database "ledger" and is no superuser. PostgreSQL's image runs this once, on an empty volume.
# Done again it gives the role the password that is in the file now, and what an older release owned as superuser:
#   docker compose exec postgres /docker-entrypoint-initdb.d/ledger.sh
set -euo pipefail
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
\set password `cat /run/secrets/ledger`
SELECT 'CREATE ROLE ledger LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ledger')
\gexec
ALTER ROLE ledger PASSWORD :'password';
SELECT format('ALTER DATABASE %I OWNER TO ledger', current_database())
\gexec
SELECT format('ALTER TABLE %I.%I OWNER TO ledger', schemaname, tablename) FROM pg_tables WHERE schemaname = 'public' AND tableowner <> 'ledger'
\gexec
SQL
