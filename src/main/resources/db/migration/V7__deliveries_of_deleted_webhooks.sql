-- Deliveries that were added while their webhook was being deleted: nothing would ever have sent or ended them.
UPDATE delivery SET state = 'cancelled', next_attempt_at = NULL, ended_at = clock_timestamp()
FROM webhook
WHERE webhook.id = webhook_id AND webhook.deleted_at IS NOT NULL AND state = 'pending';
