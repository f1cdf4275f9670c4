"""What was done about a granted request, in words for the person."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("privacy_requests", "0002_numbers"),
    ]

    operations = [
        migrations.AddField(
            model_name="privacyrequest",
            name="outcome",
            field=models.CharField(
                blank=True,
                help_text="what was done, for the person; a deletion has a receipt",
                max_length=1000,
            ),
        ),
    ]
