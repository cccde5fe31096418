import Formats
import Foundation
import Marketplace
import Payments
import Store
import Synchronization
import TestSupport
import Testing

/// A market in EUR whose workers have accounts, and a bank that says what the test wants.
struct PayoutDesk {
    let small: SmallMarket
    let workers: [Worker.ID]
    let keys = Scratch.keys

    static let ibans = [
        "DE89370400440532013000", "GB82WEST12345698765432", "NL91ABNA0417164300", "NO9386011117947",
        "BE68539007547034", "AT611904300234573201",
    ]

    /// Of an account in the United States.
    static let achSettings: JSON = [
        "name": "Guildhall Inc", "country": "US", "account": "123456789",
        "ach": [
            "destination": "231380104", "destination_name": "Federal Reserve Bank", "origin": "1231380104",
            "origin_name": "Guildhall", "company_id": "1231380104", "entry_description": "PAYOUT",
            "originating_bank": "231380104",
        ],
    ]

    /// Each worker has earned 20.00 EUR for each task, of which there may be none; their accounts are old enough to be
    /// paid to.
    ///
    /// - Parameter accounts: in place of the usual ones, by worker.
    init(workers count: Int = 3, tasks: Int = 1, accounts: [Int: String] = [:]) async throws {
        small = try await SmallMarket(currency: "EUR")
        let batch = tasks > 0 ? try await small.batch(small.draft("b"), tasks: count * tasks) : nil
        var ids: [Worker.ID] = []
        for index in 0..<count {
            let worker = try await small.lawyer("w\(index)")
            if let batch { try await small.earn(worker, batch, tasks: tasks) }
            ids.append(worker)
        }
        workers = ids
        for index in 0..<count { try await setAccount(of: index, accounts[index] ?? Self.ibans[index]) }
        try await SetPayoutSource(market: small.market)(
            "main", format: .pain001v09, currency: small.usd, settings: SmallMarket.payoutSettings, by: small.checker)
        Scratch.clock.advance(by: 73 * 3_600)
    }

    func setAccount(of index: Int, _ iban: String) async throws {
        let method = try PayoutMethod(
            account: iban, holder: "Worker \(index)", country: String(iban.prefix(2)), currency: "EUR")
        try await SetPayoutMethod(market: small.market, keys: keys)(method, of: workers[index], by: small.manager)
    }

    /// - Parameter market: in place of the desk's own.
    func prepare(
        minimumMinor: Int64 = 0, by actor: Principal.ID? = nil, in market: Market? = nil
    ) async throws -> PreparePayoutRun.Result {
        let day = try Self.payDay()
        return try await PreparePayoutRun(market: market ?? small.market, keys: keys)(
            from: "main", on: day, minimumMinor: minimumMinor, by: actor ?? small.maker)
    }

    /// Tuesday, 10 March 2026; once that has passed, a day from which the bank has five to go.
    static func payDay() throws -> CalendarDate {
        let seconds = Int(Scratch.clock.now().timeIntervalSince1970)
        let today = try #require(CalendarDate(daysSince2000: seconds / 86_400 - 10_957))
        let usual = try #require(CalendarDate(iso: "2026-03-10"))
        guard today > usual else { return usual }
        return PaymentSystem.target.day(from: try #require(CalendarDate(daysSince2000: today.daysSince2000 + 5)))
    }

    func approve(_ batch: PayoutBatch, by actor: Principal.ID? = nil, in market: Market? = nil) async throws {
        try await ApprovePayoutBatch(market: market ?? small.market)(
            batch.id, contentHash: batch.contentHash, by: actor ?? small.checker)
    }

    func export(
        _ batch: PayoutBatch, by actor: Principal.ID? = nil, in market: Market? = nil
    ) async throws -> (result: ExportPayoutRun.Result, file: [UInt8]) {
        let file = Gathered()
        let result = try await ExportPayoutRun(market: market ?? small.market, keys: keys)(
            batch.id, by: actor ?? small.maker, write: { file.append($0) })
        return (result, file.bytes)
    }

    /// A batch that has left, with what its file says, by worker.
    func sent() async throws -> (batch: PayoutBatch, payments: [PaymentInstruction]) {
        let batch = try await prepare().batch
        try await approve(batch)
        let file = try await export(batch).file
        var payments: [PaymentInstruction] = []
        _ = try PaymentFileReader.read(bytes: file, name: "file") { record in
            if case .instruction(let payment) = record { payments.append(payment) }
        }
        return (batch, Self.ibans.compactMap { iban in payments.first { $0.account == iban } })
    }

    func take(_ text: String) async throws -> BankImport {
        try await ImportBankFile(market: small.market)(Array(text.utf8), by: small.maker)
    }

    func reconciled() async throws -> Reconciliation {
        try #require(try await ReconcileBank(market: small.market)(by: small.maker).first)
    }

    func owed(_ index: Int) async throws -> Int64 {
        try await small.balance(.payable(to: workers[index], small.usd))
    }

    // MARK: What a bank says

    /// Entries of id, minor units, credit or debit, and the reason of a return.
    ///
    /// - Parameter sumOf: the message of which each entry is a sum, in place of one payment.
    static func statement(
        _ id: String, opening: Int64, closing: Int64? = nil, kind: String = "camt.053",
        _ entries: [(id: String, minor: Int64, isCredit: Bool, reason: String?)], reference: String = "REF",
        sumOf message: String? = nil, on day: String = "2026-03-10", currency: String = "EUR"
    ) -> String {
        func money(_ minor: Int64) -> String {
            "<Amt Ccy=\"\(currency)\">\(abs(minor) / 100).\(abs(minor) % 100 < 10 ? "0" : "")\(abs(minor) % 100)</Amt>"
        }
        func balance(_ code: String, _ minor: Int64) -> String {
            """
            <Bal><Tp><CdOrPrtry><Cd>\(code)</Cd></CdOrPrtry></Tp>\(money(minor))\
            <CdtDbtInd>\(minor < 0 ? "DBIT" : "CRDT")</CdtDbtInd><Dt><Dt>\(day)</Dt></Dt></Bal>
            """
        }
        let sum = entries.reduce(opening) { $0 + ($1.isCredit ? $1.minor : -$1.minor) }
        let isStatement = kind == "camt.053"
        let (outer, inner) = isStatement ? ("BkToCstmrStmt", "Stmt") : ("BkToCstmrDbtCdtNtfctn", "Ntfctn")
        let balances = isStatement ? balance("OPBD", opening) + balance("CLBD", closing ?? sum) : ""
        let lines = entries.map { entry in
            let returned = entry.reason.map { "<RtrInf><Rsn><Cd>\($0)</Cd></Rsn></RtrInf>" } ?? ""
            let side = "<CdtDbtInd>\(entry.isCredit ? "CRDT" : "DBIT")</CdtDbtInd>"
            let payment = """
                <TxDtls><Refs><EndToEndId>\(entry.id)</EndToEndId></Refs>\(money(entry.minor))\(side)\
                \(returned)</TxDtls>
                """
            let details = message.map { "<Btch><MsgId>\($0)</MsgId></Btch>" } ?? payment
            let name = reference.isEmpty ? "" : "\(reference)-\(entry.id.suffix(8))\(entry.isCredit ? "C" : "D")"
            return """
                <Ntry>\(money(entry.minor))\(side)<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>\(day)</Dt></BookgDt>\
                <AcctSvcrRef>\(name)</AcctSvcrRef><BkTxCd/><NtryDtls>\(details)</NtryDtls></Ntry>
                """
        }
        return """
            <Document xmlns="urn:iso:std:iso:20022:tech:xsd:\(kind).001.08"><\(outer)><GrpHdr><MsgId>\(id)</MsgId>\
            <CreDtTm>2026-03-10T20:00:00Z</CreDtTm></GrpHdr><\(inner)><Id>\(id)</Id><Acct><Id>\
            <IBAN>NL41MOCK0000000001</IBAN></Id></Acct>\(balances)\(lines.joined())</\(inner)></\(outer)></Document>
            """
    }

    /// A status of the whole message, of its payment information, or of payments.
    ///
    /// - Parameter inner: the reason of the payment information and of payments, in place of the message's.
    static func status(
        _ message: String, _ group: String?, reason: String = "AC04", information: String? = nil,
        inner: String? = nil, _ payments: [(String, String)] = []
    )
        -> String
    {
        func why(_ reason: String) -> String { "<StsRsnInf><Rsn><Cd>\(reason)</Cd></Rsn></StsRsnInf>" }
        let lines = payments.map { id, status in
            "<TxInfAndSts><OrgnlEndToEndId>\(id)</OrgnlEndToEndId><TxSts>\(status)</TxSts>"
                + (status == "RJCT" ? why(inner ?? reason) : "") + "</TxInfAndSts>"
        }
        let part =
            payments.isEmpty && information == nil
            ? ""
            : "<OrgnlPmtInfAndSts><OrgnlPmtInfId>\(message)</OrgnlPmtInfId>"
                + (information.map { "<PmtInfSts>\($0)</PmtInfSts>" } ?? "") + (inner.map(why) ?? "")
                + "\(lines.joined())</OrgnlPmtInfAndSts>"
        return """
            <Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt><GrpHdr><MsgId>S</MsgId>\
            <CreDtTm>2026-03-10T20:00:00Z</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>\(message)</OrgnlMsgId>\
            <OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>\(group.map { "<GrpSts>\($0)</GrpSts>" } ?? "")\
            \(group == "RJCT" ? why(reason) : "")</OrgnlGrpInfAndSts>\(part)</CstmrPmtStsRpt></Document>
            """
    }
}

/// Bytes that are gathered piece by piece.
final class Gathered: Sendable {
    private let all = Mutex<[UInt8]>([])
    var bytes: [UInt8] { all.withLock { $0 } }
    func append(_ piece: [UInt8]) { all.withLock { $0 += piece } }
}
