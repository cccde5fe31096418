package import Store

/// On whose behalf the database is read: the second wall, beside what use cases allow.
///
/// Whoever is only a worker or acts for requesters reads as the role `guildhall_member`, to which policies of the
/// schema show a row of the tables of personal and requesters' data only if it is their own. Whoever works for the
/// platform, or manages an agency, reads as the program does.
package enum Viewer {
    /// For ``Store/ReadPreparation``.
    package static func preparation(for principal: Principal.ID) -> SQL {
        """
        select set_config('guildhall.me', \(principal.description), true),
               set_config('guildhall.requesters',
                          coalesce((select array_agg(requester_id)::text from role_grant
                                     where principal_id = \(principal) and role = 'requester'
                                       and in_force @> \(.instant)::timestamptz), '{}'), true),
               set_config('role',
                          case when exists (select from role_grant
                                             where principal_id = \(principal)
                                               and role not in ('worker', 'requester')
                                               and in_force @> \(.instant)::timestamptz)
                               then current_user::text else 'guildhall_member' end, true)
        """
    }
}
