import Formats
import Foundation
import HTTPAPI
import HTTPTypes
import Marketplace
import Store
import TestSupport
import Testing

/// Every endpoint, as everybody, on an own and on a foreign object, against the rule that its declaration gives.
@Suite("Who may call what", .scratchDatabase, .turnLimit(minutes: 20))
struct AccessMatrixTests {
    /// Names of what only its worker, or whoever it was made for, may look at.
    private static let personal: Set = [
        "appeal", "assignment", "attempt", "award", "clawback", "decision", "notice", "offer", "session", "token",
    ]
    /// What operators may do to anybody's, though it is declared for oneself.
    private static let operatorsToo: Set = ["endSession"]
    /// What answers 404 to everybody: nobody is sent to a provider here, no slot is held back, no bank has debited
    /// another amount.
    private static let unknown: Set = [
        "beginProviderSignIn", "finishProviderSignIn", "releaseSlot", "settleBankEntry",
    ]
    /// What is held against the market's own terms before anybody is asked for a role; an example never fits them.
    private static let fittedFirst: Set = ["createBatch", "openRecheck", "changeBudget", "setPayoutSource"]
    /// What ends what others are asked about, and so comes after all else.
    private static let last: Set = ["suspendWorker", "pauseMe", "withdrawContribution", "closeBatch", "archiveBatch"]

    /// Who is asked for, and of which side the objects are.
    private struct Request {
        let endpoint: Endpoint
        let side: MatrixHall.Side
        let person: MatrixHall.Person?

        var who: String { person?.name ?? "nobody" }
        var what: String { "\(endpoint.id) as \(who) on what is of \(side.name)" }
    }

    @Test("refused is who must be, and nobody else; without a key nobody comes in; whatever a path names is there")
    func matrix() async throws {
        let hall = try await MatrixHall()
        var settings = ServerSettings()
        settings.requestsPerMinute = 1_000_000
        settings.identity.passwordCost = .init(logRounds: 4, blockSize: 1, parallelism: 1)
        try await LiveServer.run(hall.small.market, settings: settings) { server in
            let endpoints = server.contract?.endpoints ?? []
            nameAll(in: endpoints, hall)
            for endpoint in Self.inOrder(endpoints) {
                // What names nothing is the same for both sides.
                for side in endpoint.path.contains("{") ? [hall.acme, hall.rival] : [hall.acme] {
                    try await ask(endpoint, on: side, in: hall, of: server)
                }
            }
        }
        #expect(try await hall.small.ills() == [])
    }

    /// What changes nothing first, what ends things last.
    private static func inOrder(_ endpoints: [Endpoint]) -> [Endpoint] {
        let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        func place(_ endpoint: Endpoint) -> Int {
            last.contains(endpoint.id) ? methods.count : methods.firstIndex(of: endpoint.method.rawValue) ?? 0
        }
        return (0...methods.count).flatMap { step in endpoints.filter { place($0) == step } }
    }

    /// A parameter of a path has an object on both sides, and where it can be somebody's, another one on each.
    private func nameAll(in endpoints: [Endpoint], _ hall: MatrixHall) {
        for endpoint in endpoints {
            for parameter in endpoint.parameters where parameter.place == .path {
                let sides = [hall.acme, hall.rival].map { hall.value(of: parameter.name, in: endpoint.path, on: $0) }
                #expect(!sides.contains(nil), "\(endpoint.id): nothing is there for {\(parameter.name)}")
                let isShared = hall.acme.ids[parameter.name] == nil
                #expect(isShared || sides[0] != sides[1], "\(endpoint.id): {\(parameter.name)} is one for both sides")
            }
        }
    }

    /// Those who may not come first, so that what they are refused is there still.
    private func ask(
        _ endpoint: Endpoint, on side: MatrixHall.Side, in hall: MatrixHall, of server: LiveServer
    ) async throws {
        let nobody = Request(endpoint: endpoint, side: side, person: nil)
        let silent = try await send(nobody, in: hall, to: server)
        // A sign-in that fails is 401, too, by another code.
        let isStopped = silent.status == 401 && (silent.code == "not_authenticated" || endpoint.isStream)
        #expect(isStopped == (endpoint.access != .everybody), "\(nobody.what)")
        var isKnown = !endpoint.path.contains("{") || Self.unknown.contains(endpoint.id)
        let (barred, allowed) = (
            hall.people.filter { !Self.may(endpoint, $0, on: side) },
            hall.people.filter { Self.may(endpoint, $0, on: side) }
        )
        for person in barred {
            let request = Request(endpoint: endpoint, side: side, person: person)
            let answer = try await send(request, in: hall, to: server)
            // Who is no worker is told so in many ways, and is told nothing else.
            let isOdd = endpoint.access == .worker && !person.roles.contains(.worker)
            let isUnfit = Self.fittedFirst.contains(endpoint.id) && answer.status == 422
            let isRefused =
                isOdd ? (400..<500).contains(answer.status) : [403, 404].contains(answer.status) || isUnfit
            #expect(
                isRefused || Self.isOperatorsToo(endpoint, person),
                "\(request.what): \(answer.status) \(answer.code ?? "")")
        }
        for person in allowed {
            let request = Request(endpoint: endpoint, side: side, person: person)
            let answer = try await send(request, in: hall, to: server)
            #expect(answer.status < 500 || endpoint.id == "readMetrics", "\(request.what)")
            #expect(answer.code != "not_authenticated" && answer.code != "role_missing", "\(request.what)")
            #expect(answer.status == 200 || !endpoint.isStream, "\(request.what): \(answer.status)")
            isKnown = isKnown || answer.status != 404
        }
        #expect(isKnown, "\(endpoint.id) on what is of \(side.name): nobody finds what it names")
    }

    private static func isOperatorsToo(_ endpoint: Endpoint, _ person: MatrixHall.Person) -> Bool {
        operatorsToo.contains(endpoint.id) && person.roles.contains(.operator)
    }

    /// Whether the rule lets somebody in, about what is of a side.
    private static func may(
        _ endpoint: Endpoint, _ person: MatrixHall.Person, on side: MatrixHall.Side
    ) -> Bool {
        let isOf = person.side == side.name
        let isPersonal = endpoint.parameters.contains { $0.place == .path && personal.contains($0.name) }
        func holds(_ roles: [Role]) -> Bool { !person.roles.isDisjoint(with: roles) }
        return switch endpoint.access {
        case .everybody, .anybody: true
        case .oneself: !isPersonal || isOf && holds([.worker])
        case .worker: holds([.worker]) && (isOf || !isPersonal)
        case .named(let roles): holds(roles) || isOf && holds([.worker])
        case .managed(let roles): holds(roles) || isOf && holds([.agencyManager])
        case .platform(let roles): holds(roles)
        case .requester(let roles, let others): holds(others) || isOf && holds(roles)
        }
    }

    private func send(
        _ request: Request, in hall: MatrixHall, to server: LiveServer
    ) async throws -> LiveServer.Answer {
        // What was set at an instant cannot be ended at the same.
        Scratch.clock.advance(by: 0.001)
        let (endpoint, side) = (request.endpoint, request.side)
        let key = "\(endpoint.id) \(request.who) \(side.name)".replacing(" ", with: "-")
        let body = MatrixRequests.body(of: endpoint, on: side, in: hall)
        // Of a stream its head, which says whether it begins; that has no code.
        let method = endpoint.isStream ? "HEAD" : endpoint.method.rawValue
        return try await server.send(
            method, MatrixRequests.path(of: endpoint, on: side, in: hall),
            token: request.person?.token, key: endpoint.isKeyed ? key : nil,
            json: endpoint.body?.isFile == true ? nil : body,
            raw: endpoint.body?.isFile == true ? try MatrixRequests.file(of: endpoint) : nil,
            contentType: endpoint.body?.mediaTypes.first ?? "application/json",
            headers: endpoint.needsMatch ? ["If-Match": "*"] : [:])
    }
}
