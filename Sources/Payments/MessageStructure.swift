/// Which elements stand in which, in what order, and which may not be missing.
///
/// It covers what decides about money: groups, instructions, entries, addresses. The lists are those of all versions
/// that are read, put together. Source: the schemas of ISO 20022 for pain.001.001.03 to .09, pain.002.001.03 to .11,
/// camt.053.001.02 to .08.
struct MessageStructure: Sendable {
    struct Rule: Sendable {
        /// Place in the order by name.
        let places: [String: Int]
        let required: [String]
        let repeated: Set<String>

        /// `!` stands before what must be there, `*` after what may be there more than once.
        init(_ words: String) {
            let names = words.split(separator: " ").map(String.init)
            let bare = names.map { $0.filter { $0 != "!" && $0 != "*" } }
            places = Dictionary(zip(bare, bare.indices), uniquingKeysWith: { first, _ in first })
            required = zip(names, bare).filter { $0.0.hasPrefix("!") }.map(\.1)
            repeated = Set(zip(names, bare).filter { $0.0.hasSuffix("*") }.map(\.1))
        }
    }

    let rules: [String: Rule]
    /// Whether a child that no list has is a fault; otherwise it is of a version that is not known, and passed over.
    var isStrict: Bool

    private init(isStrict: Bool, _ rules: [String: String]) {
        self.rules = rules.merging(Self.shared) { own, _ in own }.mapValues(Rule.init)
        self.isStrict = isStrict
    }

    private static let shared = [
        "PstlAdr": """
        AdrTp CareOf Dept SubDept StrtNm BldgNb BldgNm Flr UnitNb PstBx Room PstCd TwnNm TwnLctnNm DstrctNm \
        CtrySubDvsn Ctry AdrLine*
        """,
        "FinInstnId": "BIC BICFI ClrSysMmbId LEI Nm PstlAdr Othr",
    ]

    static let initiation = MessageStructure(
        isStrict: true,
        [
            "Document": "!CstmrCdtTrfInitn",
            "CstmrCdtTrfInitn": "!GrpHdr !PmtInf* SplmtryData*",
            "GrpHdr": "!MsgId !CreDtTm Authstn* !NbOfTxs CtrlSum !InitgPty FwdgAgt InitnSrc",
            "PmtInf": """
            !PmtInfId !PmtMtd ReqdAdvcTp BtchBookg NbOfTxs CtrlSum PmtTpInf !ReqdExctnDt PoolgAdjstmntDt !Dbtr \
            !DbtrAcct !DbtrAgt DbtrAgtAcct InstrForDbtrAgt UltmtDbtr ChrgBr ChrgsAcct ChrgsAcctAgt !CdtTrfTxInf*
            """,
            "CdtTrfTxInf": """
            !PmtId PmtTpInf !Amt XchgRateInf ChrgBr MndtRltdInf ChqInstr UltmtDbtr IntrmyAgt1 IntrmyAgt1Acct \
            IntrmyAgt2 IntrmyAgt2Acct IntrmyAgt3 IntrmyAgt3Acct CdtrAgt CdtrAgtAcct Cdtr CdtrAcct UltmtCdtr \
            InstrForCdtrAgt* InstrForDbtrAgt Purp RgltryRptg* Tax RltdRmtInf* RmtInf SplmtryData*
            """,
            "PmtId": "InstrId !EndToEndId UETR",
        ])

    static let status = MessageStructure(
        isStrict: false,
        [
            "Document": "!CstmrPmtStsRpt",
            "CstmrPmtStsRpt": "!GrpHdr !OrgnlGrpInfAndSts OrgnlPmtInfAndSts* SplmtryData*",
            "GrpHdr": "!MsgId !CreDtTm InitgPty FwdgAgt DbtrAgt CdtrAgt",
            "OrgnlGrpInfAndSts": """
            !OrgnlMsgId !OrgnlMsgNmId OrgnlCreDtTm OrgnlNbOfTxs OrgnlCtrlSum GrpSts StsRsnInf* NbOfTxsPerSts*
            """,
            "OrgnlPmtInfAndSts": """
            !OrgnlPmtInfId OrgnlNbOfTxs OrgnlCtrlSum PmtInfSts StsRsnInf* NbOfTxsPerSts* TxInfAndSts*
            """,
            "TxInfAndSts": """
            StsId OrgnlInstrId OrgnlEndToEndId OrgnlUETR TxSts StsRsnInf* ChrgsInf* TrckrData AccptncDtTm \
            AcctSvcrRef ClrSysRef OrgnlTxRef SplmtryData*
            """,
        ])

    static let statement = MessageStructure(isStrict: true, statements)
    static let notification = MessageStructure(isStrict: false, statements)

    private static let statements = [
        "Document": "BkToCstmrStmt BkToCstmrDbtCdtNtfctn",
        "BkToCstmrStmt": "!GrpHdr !Stmt* SplmtryData*",
        "BkToCstmrDbtCdtNtfctn": "!GrpHdr !Ntfctn* SplmtryData*",
        "GrpHdr": "!MsgId !CreDtTm MsgRcpt MsgPgntn OrgnlBizQry AddtlInf",
        "Stmt": """
        !Id StmtPgntn ElctrncSeqNb RptgSeq LglSeqNb CreDtTm FrToDt CpyDplctInd RptgSrc !Acct RltdAcct Intrst* \
        !Bal* TxsSummry Ntry* AddtlStmtInf
        """,
        "Ntfctn": """
        !Id NtfctnPgntn ElctrncSeqNb RptgSeq LglSeqNb CreDtTm FrToDt CpyDplctInd RptgSrc !Acct RltdAcct Intrst* \
        TxsSummry Ntry* AddtlNtfctnInf
        """,
        "Bal": "!Tp CdtLine* !Amt !CdtDbtInd !Dt Avlbty*",
        "Ntry": """
        NtryRef !Amt !CdtDbtInd RvslInd !Sts BookgDt ValDt AcctSvcrRef Avlbty* !BkTxCd ComssnWvrInd AddtlInfInd \
        AmtDtls Chrgs* TechInptChanl Intrst* CardTx NtryDtls* AddtlNtryInf
        """,
        "NtryDtls": "Btch TxDtls*",
        "Btch": "MsgId PmtInfId NbOfTxs TtlAmt CdtDbtInd",
        "TxDtls": """
        Refs Amt CdtDbtInd AmtDtls Avlbty* BkTxCd Chrgs* Intrst* RltdPties RltdAgts LclInstrm Purp RltdRmtInf* \
        RmtInf RltdDts RltdPric RltdQties* FinInstrmId Tax RtrInf CorpActn SfkpgAcct CshDpst* CardTx AddtlTxInf \
        SplmtryData*
        """,
    ]
}

/// Holds the elements of a message against its structure, as they come.
struct StructureCheck {
    private let structure: MessageStructure
    private var open: [(rule: MessageStructure.Rule?, place: Int, seen: Set<String>)] = []

    init(_ structure: MessageStructure) { self.structure = structure }

    /// A container begins.
    mutating func open(_ name: String, line: Int, path: String, _ report: inout PaymentFileReport) {
        note(child: name, line: line, path: path, &report)
        open.append((structure.rules[name], -1, []))
    }

    /// The innermost container ends.
    mutating func close(line: Int, path: String, _ report: inout PaymentFileReport) {
        guard let last = open.popLast(), let rule = last.rule else { return }
        for name in rule.required where !last.seen.contains(name) {
            report.fault("missing_element", line: line, path: path, "<\(name)> is missing")
        }
    }

    /// An element that was read whole.
    mutating func element(_ element: XMLTree, path: String, _ report: inout PaymentFileReport) {
        note(child: element.name, line: element.line, path: path, &report)
        inside(element, path: path, &report)
    }

    private mutating func inside(_ element: XMLTree, path: String, _ report: inout PaymentFileReport) {
        guard structure.rules[element.name] != nil else {
            for child in element.children { inside(child, path: "\(path)/\(child.name)", &report) }
            return
        }
        open.append((structure.rules[element.name], -1, []))
        for child in element.children {
            note(child: child.name, line: child.line, path: path, &report)
            inside(child, path: "\(path)/\(child.name)", &report)
        }
        close(line: element.line, path: path, &report)
    }

    private mutating func note(child name: String, line: Int, path: String, _ report: inout PaymentFileReport) {
        guard let last = open.last, let rule = last.rule else { return }
        let isNew = open[open.count - 1].seen.insert(name).inserted
        guard let place = rule.places[name] else {
            // Of another namespace, by ``MessageWalker``.
            guard structure.isStrict, !name.contains(" ") else { return }
            return report.fault("unknown_element", line: line, path: path, "<\(name)> does not belong here")
        }
        if place < last.place {
            report.fault("element_order", line: line, path: path, "<\(name)> stands behind what must follow it")
        } else if !isNew, !rule.repeated.contains(name) {
            report.fault("repeated_element", line: line, path: path, "<\(name)> stands here twice")
        }
        open[open.count - 1].place = max(place, last.place)
    }
}
