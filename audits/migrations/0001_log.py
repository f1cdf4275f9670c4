"""Creates the log: a partitioned table of leaves whose every other column is computed from the leaf.

The partitions live in a schema that the application role may not enter: it reaches them through the parent
table only, on which it may insert and select. Works on PostgreSQL 15 to 18 (no identity column on the
partitioned parent, which came with 17).
"""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models
from django.db.migrations.operations.base import Operation

TABLES = """
CREATE SCHEMA audits_partitions;
REVOKE ALL ON SCHEMA audits_partitions FROM PUBLIC;

CREATE TABLE audits_auditentry (
    id bigserial,
    txid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at timestamptz NOT NULL,
    leaf text NOT NULL,
    action text NOT NULL GENERATED ALWAYS AS (leaf::jsonb ->> 'action') STORED,
    actor text NOT NULL GENERATED ALWAYS AS (leaf::jsonb ->> 'actor') STORED,
    actor_role text GENERATED ALWAYS AS (leaf::jsonb ->> 'role') STORED,
    object_type text GENERATED ALWAYS AS (leaf::jsonb #>> '{object,type}') STORED,
    object_id text GENERATED ALWAYS AS (leaf::jsonb #>> '{object,id}') STORED,
    subject uuid GENERATED ALWAYS AS ((leaf::jsonb ->> 'subject')::uuid) STORED,
    request_id text GENERATED ALWAYS AS (leaf::jsonb ->> 'request') STORED,
    PRIMARY KEY (id, at),
    CONSTRAINT leaf_version CHECK (leaf::jsonb ->> 'v' = '1'),
    CONSTRAINT leaf_time CHECK (at = to_timestamp((leaf::jsonb ->> 'at')::bigint / 1000.0))
) PARTITION BY RANGE (at);

CREATE TABLE audits_partitions.audits_auditentry_default PARTITION OF audits_auditentry DEFAULT;

CREATE INDEX audits_entry_newest ON audits_auditentry (id DESC);
CREATE INDEX audits_entry_order ON audits_auditentry (txid, id);
CREATE INDEX audits_entry_action ON audits_auditentry (action, id DESC);
CREATE INDEX audits_entry_actor ON audits_auditentry (actor, id DESC);
CREATE INDEX audits_entry_object ON audits_auditentry (object_type, object_id, id DESC);
CREATE INDEX audits_entry_subject ON audits_auditentry (subject, id DESC) WHERE subject IS NOT NULL;
CREATE INDEX audits_entry_request ON audits_auditentry (request_id, id DESC) WHERE request_id IS NOT NULL;
CREATE INDEX audits_entry_at ON audits_auditentry (at);

CREATE TABLE audits_auditdetail (
    entry_id bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    salt bytea NOT NULL CHECK (length(salt) = 32),
    sealed bytea NOT NULL
);
"""

TRIGGERS = """
CREATE FUNCTION audits_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: the audit log is append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

-- The writer chooses the leaf and nothing else: order and transaction come from the database.
CREATE FUNCTION audits_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.txid := pg_current_xact_id();
    IF NEW.id IS DISTINCT FROM currval('audits_auditentry_id_seq') THEN
        RAISE EXCEPTION 'the id of an audit entry comes from its sequence' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER audits_place BEFORE INSERT ON audits_auditentry FOR EACH ROW EXECUTE FUNCTION audits_place();
CREATE TRIGGER audits_keep_rows BEFORE UPDATE OR DELETE ON audits_auditentry
    FOR EACH ROW EXECUTE FUNCTION audits_refuse();
CREATE TRIGGER audits_keep_all BEFORE TRUNCATE ON audits_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION audits_refuse();
CREATE TRIGGER audits_keep_all BEFORE TRUNCATE ON audits_partitions.audits_auditentry_default
    FOR EACH STATEMENT EXECUTE FUNCTION audits_refuse();
CREATE TRIGGER audits_keep_rows BEFORE UPDATE OR DELETE ON audits_auditdetail
    FOR EACH ROW EXECUTE FUNCTION audits_refuse();
CREATE TRIGGER audits_keep_all BEFORE TRUNCATE ON audits_auditdetail
    FOR EACH STATEMENT EXECUTE FUNCTION audits_refuse();
"""

PARTITIONS = """
-- Run by beat as the application role; acts as the owner, who alone may create tables. A month that already has
-- entries in the default partition stays there: moving them would mean deleting from the log.
CREATE FUNCTION audits_ensure_partitions(months integer DEFAULT 3) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    first timestamptz;
    after timestamptz;
    name text;
    made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(7203100);
    FOR ahead IN 0 .. least(greatest(months, 0), 24) LOOP
        first := (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => ahead)) AT TIME ZONE 'UTC';
        after := (first AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC';
        name := 'audits_auditentry_' || to_char(first AT TIME ZONE 'UTC', 'YYYY_MM');
        CONTINUE WHEN to_regclass('audits_partitions.' || name) IS NOT NULL;
        CONTINUE WHEN EXISTS (
            SELECT 1 FROM audits_partitions.audits_auditentry_default
            WHERE at >= first AND at < after
        );
        EXECUTE format(
            'CREATE TABLE audits_partitions.%I PARTITION OF public.audits_auditentry FOR VALUES FROM (%L) TO (%L)',
            name, first, after
        );
        EXECUTE format(
            'CREATE TRIGGER audits_keep_all BEFORE TRUNCATE ON audits_partitions.%I'
            ' FOR EACH STATEMENT EXECUTE FUNCTION public.audits_refuse()', name
        );
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;
SELECT audits_ensure_partitions();
"""

UNDO = """
DROP FUNCTION audits_ensure_partitions(integer);
DROP TABLE audits_auditdetail;
DROP TABLE audits_auditentry;
DROP FUNCTION audits_place();
DROP FUNCTION audits_refuse();
DROP SCHEMA audits_partitions;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies: ClassVar[list[tuple[str, str]]] = []
    operations: ClassVar[list[Operation]] = [
        migrations.RunSQL(
            TABLES + TRIGGERS + PARTITIONS,
            UNDO,
            state_operations=[
                migrations.CreateModel(
                    name="AuditEntry",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("at", models.DateTimeField()),
                        ("leaf", models.TextField()),
                        ("action", models.TextField()),
                        ("actor", models.TextField()),
                        ("actor_role", models.TextField(null=True)),
                        ("object_type", models.TextField(null=True)),
                        ("object_id", models.TextField(null=True)),
                        ("subject", models.UUIDField(null=True)),
                        ("request_id", models.TextField(null=True)),
                    ],
                    options={"db_table": "audits_auditentry", "ordering": ("-id",), "managed": False},
                ),
                migrations.CreateModel(
                    name="AuditDetail",
                    fields=[
                        ("entry_id", models.BigIntegerField(primary_key=True, serialize=False)),
                        ("at", models.DateTimeField()),
                        ("salt", models.BinaryField()),
                        ("sealed", models.BinaryField()),
                    ],
                    options={"db_table": "audits_auditdetail", "managed": False},
                ),
            ],
        )
    ]
