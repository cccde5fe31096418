internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace

/// Tasks of a batch that are set aside for named workers or for the people of a team.
struct ReservationRoutes {
    private static let path = BatchRoutes.path + "/reservations"
    private static let reservation = Shape.object(
        "Reservation",
        [
            "reservation": .id, "kind": .choice(AllotmentKind.self),
            "matter": Shape.text.orNull.described("Of a pack: all tasks of a matter, for one worker."),
            "holder": Shape.id.orNull.described("Who has taken a pack, or accepted an award."), "workers": .list(.id),
            "teams": .list(.id), "until": .time.orNull, "open_slots": .count,
        ])
    let market: Market

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, Self.path, "listReservations",
                "What is set aside of a batch: for workers or a team, packs and what was won in an auction", .batches,
                for: RequesterRoutes.publisher, query: Parameter.pagingOn, gives: .ok(.page(Self.reservation)),
                by: list),
            Endpoint(
                .post, Self.path, "reserveTasks",
                "Set what is still open of some tasks aside, for workers or a team; leases in hand stay", .batches,
                for: RequesterRoutes.publisher,
                takes: .json(
                    [
                        "tasks": Shape.list(.text, 1...ReserveTasks.tasksMax).described("External keys."),
                        "workers": Shape.list(.id, 1...ReserveTasks.workersMax)
                            .described("Any of them may take the tasks.").optional,
                        "team": Shape.id.orNull.described("In place of workers.").optional,
                        "until": Shape.time.orNull.described("When what is left goes to everybody.").optional,
                    ], bytesMax: 512 << 10),
                gives: .created(["slots": .count]), refuses: ["batch_over", "batch_packed", "no_such_tasks"],
                by: reserve),
            Endpoint(
                .post, Self.path + "/{reservation}/end", "endReservation",
                "Let everybody have what is left of a reservation", .batches, for: RequesterRoutes.publisher,
                takes: .empty, gives: .ok(["slots": .count]), by: end),
        ]
    }

    @Sendable private func list(_ call: Call) async throws -> Outcome {
        let found = try await ListAllotments(market: market)(
            of: try call.batch(), after: try call.identifier("after"), limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.wire)
    }

    @Sendable private func reserve(_ call: Call) async throws -> Outcome {
        let (key, actor, tasks) = (try call.batch(), try call.actor, call.texts("tasks"))
        let (reservation, end) = (try call.reservation(), try call.instantIfGiven("until"))
        return try await call.once(201, { (slots: Int) in ["slots": .integer(Int64(slots))] }) {
            try await ReserveTasks(market: $0)(tasks, of: key, for: reservation, until: end, by: actor)
        }
    }

    @Sendable private func end(_ call: Call) async throws -> Outcome {
        let (key, actor) = (try call.batch(), try call.actor)
        let id: Allotment.ID = try call.id("reservation")
        return try await call.once(200, { (slots: Int) in ["slots": .integer(Int64(slots))] }) {
            try await ReserveTasks(market: $0).release(id, of: key, by: actor)
        }
    }
}

extension Call {
    /// Whom tasks are reserved for.
    ///
    /// Not inlined into an async body, as errors in there end the optimizer of Swift 6.3.1.
    @inline(never)
    fileprivate func reservation() throws(BadInput) -> Reservation {
        let workers: [Worker.ID] = try identifiers("workers")
        let team: Team.ID? = try member("team")
        guard let team else {
            guard !workers.isEmpty else { throw BadInput("workers", "are missing: name workers, or a team") }
            return .workers(workers)
        }
        guard workers.isEmpty else { throw BadInput("team", "cannot come with workers") }
        return .team(team)
    }
}

extension Allotment {
    fileprivate var wire: JSON {
        [
            "reservation": .string("\(id)"), "kind": .string(kind.rawValue), "matter": matter.map(JSON.string) ?? .null,
            "holder": holder.map { .string("\($0)") } ?? .null,
            "workers": .array(workers.map { .string("\($0)") }), "teams": .array(teams.map { .string("\($0)") }),
            "until": .second(endsAt), "open_slots": .integer(Int64(openSlots)),
        ]
    }
}
