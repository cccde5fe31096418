import Formats
import Foundation
import HTTPAPI
import HTTPTypes
import Marketplace
import Store
import TestSupport
import Testing

/// The second wall without the first: every endpoint that reads, as workers and requesters to whom the program lets
/// everything through.
@Suite("Row-level security alone", .scratchDatabase, .turnLimit(minutes: 20))
struct RowSecurityMatrixTests {
    /// A text that stands in one row of a walled table and nowhere else.
    private struct Mark {
        let name: String
        let text: String
        let side: String
        let roles: Set<Role>

        func isFor(_ person: MatrixHall.Person) -> Bool {
            side == person.side && !roles.isDisjoint(with: person.roles)
        }
    }

    private static func marks(of side: MatrixHall.Side, worker: String) -> [Mark] {
        func mark(_ name: String, _ text: String?, _ roles: Set<Role> = [.worker]) -> Mark {
            Mark(name: name, text: text ?? "", side: side.name, roles: roles)
        }
        return [
            mark("worker_person", "\(worker)@example.org"), mark("person_login", "\(side.name)@sign-in.example"),
            mark("notice", side.ids["notice"]), mark("access_token", side.ids["token"]),
            mark("person_session", side.ids["session"]), mark("decision", "Not as \(side.name) asked."),
            mark("appeal", "Right, of \(side.name)."), mark("tax_claim", "Slip of \(side.name)"),
            mark("availability_exception", side.name == "acme" ? "2026-07-07" : "2026-08-08"),
            mark("submission", "answer of \(side.name)", [.worker, .requester]),
            mark("answer_draft", "draft of \(side.name)"), mark("credential_evidence", "scan-\(side.name).pdf"),
            mark("credential", "NJ-\(side.name)"), mark("bid", side.ids["salt"]),
            mark("direct_offer_turn", "Bargain of \(side.name).", [.worker, .requester]),
            mark("webhook_endpoint", "hooks.example.org/\(side.name)", [.requester]),
            mark("webhook_event", side.ids["event"], [.requester]),
        ]
    }

    /// Whoever reads as a member holds every role for everybody, and whoever decides as whom is read does not know.
    private static func letEverythingThrough() async throws {
        let statements: [SQL] = [
            "alter table role_grant rename to role_grant_kept",
            """
            create view role_grant as
            select role_grant_id, principal_id, role, requester_id, granted_by, in_force, team_id from role_grant_kept
            union all
            select gen_random_uuid(), principal_id, held.role, null, principal_id, tstzrange('2000-01-01', null), null
              from principal cross join unnest(enum_range(null::role)) as held (role)
             where current_user = 'guildhall_member' and held.role not in ('requester', 'agency_manager')
            union all
            select gen_random_uuid(), principal_id, 'requester', requester_id, principal_id,
                   tstzrange('2000-01-01', null), null
              from principal cross join requester
             where current_user = 'guildhall_member'
            union all
            select gen_random_uuid(), principal_id, 'agency_manager', null, principal_id,
                   tstzrange('2000-01-01', null), team_id
              from principal cross join team
             where current_user = 'guildhall_member'
            """,
            "grant select on role_grant to guildhall_app, guildhall_member",
        ]
        try await Scratch.asOwner { transaction in
            for statement in statements { try await transaction.execute(statement) }
        }
    }

    private static func takeWallsDown() async throws {
        try await Scratch.asOwner {
            try await $0.execute(
                """
                do $walls$
                declare walled regclass;
                begin
                    for walled in select oid from pg_class
                                   where relrowsecurity and relnamespace = 'public'::regnamespace
                    loop
                        execute format('alter table %s disable row level security', walled);
                    end loop;
                end
                $walls$
                """)
        }
    }

    /// What was found in all that was answered.
    private struct Reading {
        var answers = 0
        var own: Set<String> = []
        var others: Set<String> = []
        /// With the endpoint and who asked.
        var leaks: [String] = []
    }

    @Test("with the program's checks off, no endpoint that reads tells a worker or a requester what is another's")
    func wallAlone() async throws {
        let hall = try await MatrixHall()
        let marks = Self.marks(of: hall.acme, worker: "ann") + Self.marks(of: hall.rival, worker: "ben")
        #expect(marks.allSatisfy { !$0.text.isEmpty } && Set(marks.map(\.text)).count == marks.count)
        try await Self.letEverythingThrough()
        let database = Scratch.connect()
        let market = Market(database: database, identifiers: Scratch.here.identifiers, keys: Scratch.keys)
        var settings = ServerSettings()
        settings.requestsPerMinute = 1_000_000
        try await LiveServer.run(market, settings: settings) { server in
            let walled = try await read(marks, in: hall, of: server)
            #expect(walled.leaks == [])
            // The search finds what is there.
            let shown: Set = [
                "worker_person", "notice", "access_token", "person_session", "decision", "tax_claim",
                "availability_exception", "credential", "credential_evidence", "bid", "direct_offer_turn",
                "webhook_endpoint", "webhook_event",
            ]
            #expect(walled.own.isSuperset(of: shown), "not shown to their owners: \(shown.subtracting(walled.own))")
            // And the program's checks are off: without the wall the same requests tell what is another's.
            try await Self.takeWallsDown()
            let open = try await read(marks, in: hall, of: server)
            let told: Set = [
                "worker_person", "tax_claim", "availability_exception", "credential", "credential_evidence",
                "webhook_endpoint",
            ]
            #expect(open.others.isSuperset(of: told), "not told without it: \(told.subtracting(open.others))")
            print("scorecard row 19 | row security alone: \(walled.leaks.count) leaks in \(walled.answers) answers,")
            print("  without it \(open.leaks.count), of \(open.others.sorted().joined(separator: ", ")) | 0 leaks")
            #expect(try await server.send("GET", "/health").status == 200)
        }
        await database.shutdown()
    }

    private func read(_ marks: [Mark], in hall: MatrixHall, of server: LiveServer) async throws -> Reading {
        // What comes of refusals that nobody expects is no matter here.
        let server = LiveServer(port: server.port)
        let endpoints = HTTPAPI.endpoints(of: hall.small.market, isReady: { nil })
        let members = hall.people.filter { !$0.roles.isDisjoint(with: [.worker, .requester]) }
        var reading = Reading()
        for endpoint in endpoints where endpoint.method == .get && !endpoint.isStream && endpoint.topic != .service {
            for side in endpoint.path.contains("{") ? [hall.acme, hall.rival] : [hall.acme] {
                let path = MatrixRequests.path(of: endpoint, on: side, in: hall)
                for person in members {
                    let answer = try await server.send("GET", path, token: person.token)
                    // A problem names the path that was asked for.
                    let told = "\(answer.body.canonicalText) \(answer.text)".replacing(path, with: "")
                    reading.answers += 1
                    for mark in marks where told.contains(mark.text) {
                        if mark.isFor(person) {
                            reading.own.insert(mark.name)
                        } else {
                            reading.others.insert(mark.name)
                            reading.leaks.append("\(mark.name) by \(endpoint.id) to the \(person.name)")
                        }
                    }
                }
            }
        }
        return reading
    }
}
