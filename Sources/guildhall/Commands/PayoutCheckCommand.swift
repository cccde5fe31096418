internal import ArgumentParser
internal import Formats
internal import Payments

struct PayoutCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check a bank file: what it is, what it comes to, what is wrong with it. Needs no database.",
        discussion: """
            Recognises by its content, gzipped or not:

            pain.001   credit transfers (versions 03 to 09): counts, control sums, IBANs, BICs, ids, addresses
            pain.002   what a bank says of them: statuses, numbers by status
            camt.053   account statements (02 to 08): opening balance + entries = closing balance, summaries, payments \
            of an entry
            camt.054   notifications of debits and credits
            nacha      ACH files of all entry classes, with returns: counts, sums, hashes, check digits, blocks of ten
            returns    a CSV table with the columns end_to_end_id, amount, currency, reason

            A file with a document type declaration is refused. Of control sums, counts and check digits nothing is \
            forgiven; warnings are what banks put up with, or what cannot be checked.

            --json: {"format", "version", "valid", "message_id", "created_at", "counts", "totals": [{"currency", \
            "count", "credit_minor", "debit_minor", "minor_digits", "amount_minor"}], "parts", "faults": [{"code", \
            "line", "path", "reason"}], "fault_count", "warnings", …}. Amounts are minor units: cents, yen. \
            amount_minor, what is paid, is there for pain.001, pain.002 and returns. The first thousand faults are \
            listed, all are counted.

            Exit code 1: the file has a fault, is of no known kind, or cannot be read.

            Example: guildhall payout check samples/what-if/payments.pain.001.xml
            """
    )
    @Argument(help: "The file; - reads standard input.") var file: String
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        do {
            let report = try PaymentFileReader.read(path: file == "-" ? "/dev/stdin" : file)
            if json { Console.result(report.json) } else { Console.result(report.lines.joined(separator: "\n")) }
            if !report.isValid { throw ExitCode.failure }
        } catch {
            throw Console.failure(error)
        }
    }
}
