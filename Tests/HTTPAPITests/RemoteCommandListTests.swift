import ArgumentParser
import Testing

@testable import guildhall

/// Every command of the program is done over HTTP, or stands here with the reason why it is not.
@Suite("Commands over HTTP, one by one")
struct RemoteCommandListTests {
    /// Commands that no server does, by reason.
    private static let without: [String: [String]] = [
        "it works on files, and asks no database either": [
            "payout check", "worker record verify", "requirement check", "rate resolve", "kind list", "kind show",
            "kind check", "auction clear", "auction simulate", "matching solve", "consensus fit",
            "consensus pairwise", "consensus alpha", "consensus replay", "tax quote", "tax rules", "schedule explain",
            "keys create", "keys list", "keys record",
        ],
        "it is the server, the scheduler or the database's own": [
            "up", "serve", "demo", "schedule run", "schema apply", "schema check", "schema upgrade", "psql",
            "keys rotate", "keys rotate-marks", "keys rotate-steady", "audit seal", "content seal",
            "simulate contracts", "simulate policy", "notices deliver",
        ],
        "it does at once what the scheduler does by itself": [
            "credential remind", "exam close-overdue", "tier review", "worker duplicates find",
        ],
        "it is the simulation's report, which the API does not know: whole tables, for up to ten minutes": ["overview"],
        "it founds a market from files": ["import workers", "import cuad", "import pubmedqa"],
        "it opens what is sealed, or destroys it, on record": [
            "worker payout read", "worker tax read", "content readings", "content destroy-key", "worker erase",
        ],
        "it names two people, or somebody whom its path would not": ["rate end", "tier withdraw"],
        "it lets whoever has an account elsewhere act as somebody here, which one operator's key must not say": [
            "sign-in-provider link"
        ],
    ]

    private struct Leaf {
        let name: String
        let type: any ParsableCommand.Type
    }

    private static func leaves(of command: any ParsableCommand.Type, _ path: [String] = []) -> [Leaf] {
        let below = command.configuration.subcommands
        guard !below.isEmpty else { return [Leaf(name: path.joined(separator: " "), type: command)] }
        return below.flatMap { leaves(of: $0, path + [$0._commandName]) }
    }

    @Test("each is remote, or says that no route does it for a reason that stands here")
    func whole() {
        let leaves = Self.leaves(of: Guildhall.self)
        let excused = Set(Self.without.values.joined())
        #expect(leaves.count > 300)
        #expect(excused.count == Self.without.values.map(\.count).reduce(0, +), "a command stands here twice")
        #expect(excused.subtracting(leaves.map(\.name)) == [], "these are no commands")
        for leaf in leaves {
            let isRemote = leaf.type is any RemoteCommand.Type
            let advice = isRemote ? "is remote: take it out here" : "make it a RemoteCommand, or give a reason here"
            #expect(isRemote != excused.contains(leaf.name), "\(leaf.name): \(advice)")
        }
    }

    @Test("what names a server may stand before the command")
    func before() {
        let moved: [(String, String)] = [
            ("--server U batch list --json", "batch list --json --server U"),
            ("--server=U --idempotency-key K batch list", "batch list --server=U --idempotency-key K"),
            ("--server-token-file F --server U task show -- -x", "task show --server-token-file F --server U -- -x"),
            ("batch list --server U", "batch list --server U"), ("--json --server U", "--json --server U"),
            ("--server U", "--server U"), ("--server", "--server"), ("", ""),
        ]
        for (given, wanted) in moved {
            let words = given.split(separator: " ").map(String.init)
            #expect(RemoteOptions.behindCommand(words).joined(separator: " ") == wanted, "\(given)")
        }
    }
}
