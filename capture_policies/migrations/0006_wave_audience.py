from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("capture_policies", "0005_entry_scope")]

    operations = [
        migrations.AddField(
            model_name="wave",
            name="audience",
            field=models.CharField(
                choices=[("percent", "Share of the fleet"), ("group", "Group"), ("tag", "Tag")],
                default="percent",
                max_length=7,
            ),
        ),
        migrations.AddField(
            model_name="wave",
            name="audience_value",
            field=models.CharField(
                blank=True, default="", help_text="id of the department, or the tag", max_length=40
            ),
        ),
        migrations.AddField(model_name="wave", name="max_crash_share", field=models.FloatField(default=0.1)),
        migrations.AddField(model_name="wave", name="max_pause_rise", field=models.FloatField(default=0.25)),
        migrations.AddField(
            model_name="wave",
            name="paused_before",
            field=models.FloatField(
                help_text="share of devices online that were paused when it opened; null: too few",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="wave",
            name="percent",
            field=models.PositiveSmallIntegerField(
                default=0, help_text="cumulative share of devices, 1..100; 0 for a group or a tag"
            ),
        ),
    ]
