import Marketplace
import Store

/// How the check about direct offers is made to fail; see `doctorBreaks`.
let doctorBargainBreaks: [(check: DoctorCheck, statements: [SQL])] = [
    (
        .directOffers,
        [
            """
            delete from direct_offer_turn using direct_offer
             where direct_offer.direct_offer_id = direct_offer_turn.direct_offer_id and turn_count = 2 and turn_no = 1
            """
        ]
    ),
    (
        .directOffers,
        [
            """
            update direct_offer_turn set amount_minor = amount_minor + 1 from direct_offer
             where direct_offer.direct_offer_id = direct_offer_turn.direct_offer_id and state = 'done'
            """
        ]
    ),
    (.directOffers, ["update direct_offer set ends_at = ends_at + interval '1 hour' where state = 'agreed'"]),
    (.directOffers, ["update direct_offer set quantity = quantity + 1 where state = 'agreed'"]),
    (
        .directOffers,
        [
            """
            delete from direct_offer_lease
             where assignment_id = (select min(assignment_id::text)::uuid from direct_offer_lease)
            """
        ]
    ),
    (
        .directOffers,
        [
            """
            update direct_offer set agreed_by = (select principal_id from principal where name = 'Operator')
             where state = 'done'
            """
        ]
    ),
    (
        .directOffers,
        [
            """
            update direct_offer_lease set assignment_id = other.assignment_id
              from (select assignment.assignment_id from assignment
                      left join direct_offer_lease using (requester_id, assignment_id)
                     where direct_offer_id is null limit 1) as other
             where direct_offer_lease.assignment_id
                   = (select min(assignment_id::text)::uuid from direct_offer_lease)
            """
        ]
    ),
]
