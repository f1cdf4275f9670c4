"""Lets an entry and its details be written by one call whose plan the server keeps; drops an index that the
primary key already is.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations
from django.db.migrations.operations.base import Operation

# Runs with the rights of the caller, who may insert into both tables and nothing else.
APPEND = """
CREATE FUNCTION audits_append(entry_at timestamptz, entry_leaf text, entry_salt bytea, entry_sealed bytea)
    RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    made bigint;
BEGIN
    INSERT INTO public.audits_auditentry (at, leaf) VALUES (entry_at, entry_leaf) RETURNING id INTO made;
    INSERT INTO public.audits_auditdetail (entry_id, at, salt, sealed)
        VALUES (made, entry_at, entry_salt, entry_sealed);
    RETURN made;
END $$;
"""


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("audits", "0004_console")]
    operations: ClassVar[list[Operation]] = [
        migrations.RunSQL(APPEND, "DROP FUNCTION audits_append(timestamptz, text, bytea, bytea);"),
        migrations.RunSQL(
            "DROP INDEX audits_entry_newest;",
            "CREATE INDEX audits_entry_newest ON audits_auditentry (id DESC);",
        ),
    ]
