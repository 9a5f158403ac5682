from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("notify", "0001_outbox_notices_and_webhooks"),
    ]

    operations = [
        migrations.RenameModel(old_name="ToldBand", new_name="Told"),
        migrations.RenameField(model_name="told", old_name="since", new_name="lapses_until"),
    ]
