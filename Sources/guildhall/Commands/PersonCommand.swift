internal import ArgumentParser
internal import Formats
internal import Marketplace

struct PersonCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "person", abstract: "The people who act in the market: operators, finance, reviewers, auditors.",
        discussion: """
            What two people must look at needs two: `guildhall person add bea --role operator`, then `guildhall \
            credential confirm ID --by bea`.

            `guildhall person invite bea --email bea@example.org`, by two operators, sends a code by which they choose \
            a password; docs/API.md has how they sign in.
            """,
        subcommands: [
            Add.self, List.self, Invite.self, Sessions.self, SignOut.self, NoSecondFactor.self, CloseSignIn.self,
        ]
    )

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a person; somebody who is there already stays as they are."
        )
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "Their name, as `--by` takes it.") var name: String
        @Option(help: "operator, finance_maker, finance_checker, reviewer or auditor; give it several times.")
        var role: [String]

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
                let roles = try role.map { text in
                    let allowed: [Role] = [.operator, .financeMaker, .financeChecker, .reviewer, .auditor]
                    guard let role = Role(rawValue: text), allowed.contains(role) else {
                        throw BadInput("role", "must be one of " + allowed.map(\.rawValue).joined(separator: ", "))
                    }
                    return role
                }
                let id = try await CreatePrincipal(market: market)(.person, named: name, roles: roles, by: actor)
                return (["person": .string("\(id)"), "name": .string(name)], "\(id): \(name)")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "People with their roles, by id.")
        @OptionGroup var options: ExpertiseOptions
        @OptionGroup var page: PageOptions

        func run() async throws {
            try await options.list(remotely: self) { market, actor in
                try await ListPeople(market: market)(after: try page.id(), limit: page.limit, by: actor).map { person in
                    let roles = person.roles.map(\.rawValue)
                    return (
                        [
                            "person": .string("\(person.id)"), "name": .string(person.name),
                            "roles": .array(roles.map(JSON.string)),
                        ], "\(person.id): \(person.name), \(roles.joined(separator: ", "))"
                    )
                }
            }
        }
    }
}
