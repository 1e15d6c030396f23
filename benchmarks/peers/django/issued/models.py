from django.db import models


class OutstandingKey(models.Model):
    digest = models.BinaryField(unique=True)
    public_id = models.TextField()
    owner = models.TextField()
    scopes = models.TextField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "peer_outstanding_key"
        managed = False


class BlacklistedKey(models.Model):
    key = models.OneToOneField(OutstandingKey, on_delete=models.CASCADE)

    class Meta:
        db_table = "peer_blacklisted_key"
        managed = False
