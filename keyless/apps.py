from django.apps import AppConfig


class KeylessConfig(AppConfig):
    name = "keyless"
    default_auto_field = "django.db.models.BigAutoField"
