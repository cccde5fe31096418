internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

extension WorkerCommand {
    struct Record: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "record",
            abstract: "What a worker's judged work comes to, to show here and elsewhere.",
            discussion: """
                By profession and kind: what counted, the share that is right with its central 95 %, and the quarters. \
                An export is signed by the platform's key (Ed25519), which `guildhall keys record` prints; whoever has \
                that public key can check the file without this database.

                guildhall worker record show w17
                guildhall worker record export w17 --output record.json
                guildhall worker record verify record.json --key 64-HEX-DIGITS
                """,
            subcommands: [Show.self, Export.self, Verify.self], defaultSubcommand: Show.self
        )

        struct Show: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "One line for each profession and kind.",
                discussion: "Example: guildhall worker record show w17")
            @OptionGroup var options: DatabaseOptions
            @Argument(help: "The worker's key.") var worker: String
            @Option(help: .actor("an operator, or the worker")) var by = "operator"
            @Flag(help: "Print JSON.") var json = false

            func run() async throws {
                try await withSession(options) { session in
                    let record = try await ShowQualityRecord(market: session.market)(
                        of: try await session.worker(worker), by: try await session.market.person(named: by))
                    if json { return Console.result(record.json) }
                    Console.list(
                        record.lines.map { line in
                            let quality = line.quality
                            return (
                                line.json,
                                "\(line.profession)  \(line.kind.rawValue)  judged \(line.judged)  "
                                    + "quality \(quality.meanBps) bps (\(quality.lowBps) to \(quality.highBps))"
                            )
                        }, asJSON: false)
                }
            }
        }

        struct Export: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Write the record out, signed.",
                discussion: "Example: guildhall worker record export w17 --output record.json")
            @OptionGroup var options: DatabaseOptions
            @Argument(help: "The worker's key.") var worker: String
            @Option(help: "Where to; an existing file is written over.") var output: String
            @Option(help: .actor("an operator, or the worker")) var by = "operator"
            @Flag(help: "Print JSON.") var json = false

            func run() async throws {
                try await withSession(options) { session in
                    let document = try await ShowQualityRecord(market: session.market).signed(
                        of: try await session.worker(worker), by: try await session.market.person(named: by))
                    try Data(document.canonicalBytes()).write(to: URL(fileURLWithPath: output), options: .atomic)
                    let key = document["public_key"]?.stringValue ?? ""
                    Console.result(
                        ["file": .string(output), "public_key": .string(key)], "\(output), signed by \(key)",
                        asJSON: json)
                }
            }
        }

        struct Verify: ParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Check an exported record; needs no database.",
                discussion: "Example: guildhall worker record verify record.json --key 64-HEX-DIGITS")
            @OptionGroup var keys: KeyOptions
            @Argument(help: "The exported file.") var file: String
            @Option(help: "The platform's public key; without it the one of the key file.") var key: String?
            @Flag(help: "Print JSON.") var json = false

            func run() throws {
                do {
                    let document = try readJSONFile(file, "file")
                    let own = try key ?? keys.ring().recordKey?.publicHexadecimal
                    guard let own else { throw RecordRefusal.keyMissing }
                    let record = try VerifyQualityRecord.check(document, by: own)
                    Console.result(
                        ["is_valid": true, "record": record],
                        "Valid: \(record["name"]?.stringValue ?? ""), "
                            + "issued \(record["issued_at"]?.stringValue ?? "").",
                        asJSON: json)
                } catch {
                    throw Console.failure(error)
                }
            }
        }
    }
}
