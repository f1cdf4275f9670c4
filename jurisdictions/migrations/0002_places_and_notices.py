"""Places, notices for places, agreements for units, reviews of laws and looks at places."""

from __future__ import annotations

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_trips"),
        ("jurisdictions", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="agreement",
            name="also_places",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=8),
                default=list,
                help_text="its other sites",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="agreement",
            name="departments",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.UUIDField(),
                default=list,
                help_text="units; none: everybody there",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="lawpack",
            name="modes",
            field=models.JSONField(
                default=dict, help_text="ways to notify between which the law leaves the choice"
            ),
        ),
        migrations.AddField(
            model_name="lawpack",
            name="reviewed_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="lawpack",
            name="reviewer",
            field=models.CharField(blank=True, help_text="the role that looked at it last", max_length=80),
        ),
        migrations.AddField(
            model_name="notice",
            name="denied_signals",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=16), default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="notice",
            name="for_everybody",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="notice",
            name="generated",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="notice",
            name="place",
            field=models.CharField(blank=True, max_length=8),
        ),
        migrations.CreateModel(
            name="LawReview",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("reviewed_on", models.DateField()),
                ("role", models.CharField(max_length=80)),
                ("note", models.CharField(max_length=500)),
                ("next_by", models.DateField()),
                ("recorded_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "pack",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews",
                        to="jurisdictions.lawpack",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-recorded_at",),
            },
        ),
        migrations.CreateModel(
            name="PlaceLook",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("role", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=500)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "looked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "subject",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="place_looks",
                        to="accounts.subject",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["subject", "-at"], name="place_look_subject_at")],
            },
        ),
        migrations.CreateModel(
            name="PlaceMode",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("place", models.CharField(max_length=8)),
                ("mode", models.CharField(help_text="a key of LawPack.modes", max_length=32)),
                ("reason", models.CharField(max_length=500)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "set_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["place", "-at"], name="place_mode_newest")],
            },
        ),
    ]
