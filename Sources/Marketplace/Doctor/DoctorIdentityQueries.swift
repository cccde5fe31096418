internal import Store

extension DoctorCheck {
    static let signInViolations: SQL = """
        select principal_id::text as example
          from person_login
         where totp_enabled_at is not null
           and not exists (select from kept_secret where kind = 'totp' and owner_id = principal_id)
         union all
        select 'secret of ' || owner_id
          from kept_secret
         where kind = 'totp'
           and not exists (select from person_login where principal_id = owner_id and closed_at is null)
         union all
        select 'session ' || session_id
          from person_session
          join person_login using (principal_id)
         where method <> 'oidc' and ended_at is null and person_session.ends_at > closed_at
           and person_session.created_at <= closed_at
        """

    static let webhookViolations: SQL = """
        select webhook_endpoint_id::text as example
          from webhook_endpoint
         where not exists (select from webhook_secret
                            where webhook_secret.webhook_endpoint_id = webhook_endpoint.webhook_endpoint_id
                              and expires_at is null)
         union all
        select 'secret ' || webhook_secret_id
          from webhook_secret
         where not exists (select from kept_secret where kind = 'webhook' and owner_id = webhook_secret_id)
         union all
        select webhook_event_id || ' to ' || webhook_endpoint_id
          from webhook_delivery
          join webhook_endpoint using (webhook_endpoint_id)
         where webhook_delivery.state = 'waiting' and webhook_endpoint.state <> 'enabled'
         union all
        select webhook_event_id || ' at ' || webhook_delivery.position
          from webhook_delivery
          join webhook_event using (webhook_event_id)
          join webhook_endpoint using (webhook_endpoint_id)
         where webhook_delivery.position <> webhook_event.position
            or webhook_delivery.subject_id <> webhook_event.subject_id
            or webhook_event.requester_id <> webhook_endpoint.requester_id
        """
}
