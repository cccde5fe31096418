internal import Formats
internal import HTTPTypes
internal import Marketplace

/// The catalogue of professions and of kinds of papers, and who says that they are of a profession.
struct CatalogueRoutes {
    private static let operators = Access.platform([.operator])
    private static let code = Shape.text(1...40).described("Lower-case letters and underscores.")
    private static let profession = Shape.object("Profession", ["profession": .text, "title": .text])
    private static let kind = Shape.object(
        "CredentialKind",
        [
            "kind": .text, "is_licence": .flag, "title": .text, "profession": .text.orNull,
            "reverify_months": .integer.orNull,
        ])
    let market: Market

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/professions", "listProfessions", "The catalogue of professions, by code", .credentials,
                for: .anybody, query: [.next("after", .text(1...40)), .limit()],
                gives: .ok(.page(Self.profession, next: .text)), by: professions),
            Endpoint(
                .post, "/v1/professions", "addProfession", "Add a profession to the catalogue", .credentials,
                for: Self.operators, takes: .json(["profession": Self.code, "title": .text]),
                gives: .created(Self.profession), refuses: ["code_taken"], by: addProfession),
            Endpoint(
                .get, "/v1/credential-kinds", "listCredentialKinds", "The catalogue of kinds of papers, by code",
                .credentials, for: .anybody, query: [.next("after", .text(1...40)), .limit()],
                gives: .ok(.page(Self.kind, next: .text)), by: kinds),
            Endpoint(
                .post, "/v1/credential-kinds", "addCredentialKind", "Add a kind of papers to the catalogue",
                .credentials, for: Self.operators,
                takes: .json([
                    "kind": Self.code, "title": .text,
                    "profession": Shape.text.described("Who can hold it; anybody if left out.").orNull.optional,
                    "is_licence": Shape.flag.described("Whether it permits to practise.").optional,
                    "reverify_months": Shape.integer(1...120)
                        .described("From one verification to the next; never if left out.").orNull.optional,
                ]),
                gives: .created(Self.kind), refuses: ["code_taken", "unknown_profession"], by: addKind),
            Endpoint(
                .post, "/v1/workers/{worker}/professions", "declareProfession",
                "Put a worker into a profession; one that was declared before is left as it is", .workers,
                for: .named(or: [.operator]),
                takes: .json([
                    "profession": .text, "years": .integer(0...80),
                    "specialties": Shape.list(.text, 0...50).optional,
                ]),
                gives: .created(["profession": .text]), refuses: ["unknown_profession"], by: declare),
        ]
    }

    @Sendable private func professions(_ call: Call) async throws -> Outcome {
        let found = try await ListCatalogue(market: market).professions(after: call.query["after"], limit: call.limit)
        return .page(found, limit: call.limit, next: { $0.profession.code }) { entry in
            ["profession": .string(entry.profession.code), "title": .string(entry.title)]
        }
    }

    @Sendable private func addProfession(_ call: Call) async throws -> Outcome {
        let (actor, profession, title) = (try call.actor, try call.profession(), try call.string("title"))
        return try await call.once(
            201, { (_: Void) in ["profession": .string(profession.code), "title": .string(title)] }
        ) {
            try await AddProfession(market: $0)(profession, title: title, by: actor)
        }
    }

    @Sendable private func kinds(_ call: Call) async throws -> Outcome {
        let found = try await ListCatalogue(market: market).kinds(after: call.query["after"], limit: call.limit)
        return .page(found, limit: call.limit, next: { $0.kind.rawValue }, \.json)
    }

    @Sendable private func addKind(_ call: Call) async throws -> Outcome {
        let actor = try call.actor
        guard let code = CredentialKindCode(rawValue: try call.string("kind")) else {
            throw BadInput("kind", "must be lower-case letters and underscores")
        }
        let profession = try call["profession"] == nil ? nil : call.profession()
        let entry = try CredentialKindEntry(
            kind: CredentialKind(code: code, isLicence: call["is_licence"]?.boolValue ?? false),
            profession: profession, title: try call.string("title"), reverifyMonths: call.int("reverify_months"))
        return try await call.once(201, { (_: Void) in entry.json }) {
            try await AddCredentialKind(market: $0)(entry, by: actor)
        }
    }

    @Sendable private func declare(_ call: Call) async throws -> Outcome {
        let (worker, actor): (Worker.ID, Principal.ID) = (try call.id("worker"), try call.actor)
        let (profession, years) = (try call.profession(), call.int("years") ?? 0)
        let specialties = call.texts("specialties")
        return try await call.once(201, { (_: Void) in ["profession": .string(profession.code)] }) {
            try await DeclareProfession(market: $0)(
                profession, years: years, specialties: specialties, of: worker, by: actor)
        }
    }
}
