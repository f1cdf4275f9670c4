"""Request numbers come from a sequence, so that two requests never share one and none is guessed from another's."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = (("privacy_requests", "0001_initial"),)
    operations = (
        migrations.RunSQL(
            "CREATE SEQUENCE privacy_requests_number START 1001", "DROP SEQUENCE privacy_requests_number"
        ),
    )
