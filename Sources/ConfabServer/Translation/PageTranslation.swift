import ConfabDomain
import ConfabWire
import FoundationEssentials
import Primitives
import SwiftProtobuf

/// From what the journal answers to what a client reads: pages cut so that each fits a frame.
struct PageTranslation: Sendable {
  let directory: Directory

  func body(_ page: MessagePage, for query: MessageQuery, label: String) -> WireMessageList {
    let records = page.messages.map { WireMessage($0, name: directory.name(of:)) }
    var list = WireMessageList()
    if query.bound.keepsNewest {
      let (kept, more) = FrameBudget.page(of: Array(records.reversed()))
      list.messages = kept.reversed()
      list.more = page.more || more
    } else {
      let (kept, more) = FrameBudget.page(of: records)
      list.messages = kept
      list.more = page.more || more
    }
    list.asOfPosition = page.asOfPosition
    list.label = label
    list.channel = query.channel.rawValue
    return list
  }

  func body(_ page: EventPage) -> WireEventList {
    let events = page.events.compactMap { WireEvent($0, name: directory.name(of:)) }
    let (kept, more) = FrameBudget.page(of: events)
    return .with { ($0.events, $0.more) = (kept, page.more || more) }
  }

  func body(_ hits: [SearchHit], reader: AccountID?) -> WireSearchHitList {
    let records = hits.map { hit in
      WireSearchHit(
        hit, label: directory.label(of: hit.message.channel, for: reader),
        name: directory.name(of:))
    }
    return .with { $0.hits = FrameBudget.page(of: records).records }
  }

  func body(_ page: AuditPage) -> WireAuditList {
    let wording = AuditWording(directory: directory)
    let entries = page.records.map { record in
      WireAuditEntry.with {
        $0.entry = record.event.entry
        $0.at = record.event.event.at.millisecondsSinceEpoch
        $0.by = record.event.event.by.map(directory.name(of:)) ?? ""
        ($0.event, $0.detail) = wording.words(record.event)
        $0.chain = Data(record.chain)
      }
    }
    let (kept, more) = FrameBudget.page(of: entries)
    return .with { ($0.entries, $0.more) = (kept, page.more || more) }
  }

  func body(_ verdict: AuditVerdict) -> WireAuditVerdict {
    .with {
      $0.intact = verdict.brokenAt == nil
      $0.entries = verdict.entries
      $0.brokenAt = verdict.brokenAt ?? 0
      $0.head = Data(verdict.head)
    }
  }
}

extension MessageQuery.Bound {
  /// Whether the newest of what matches are wanted, when not all fit.
  fileprivate var keepsNewest: Bool {
    switch self {
    case .newest, .beforeSequence: true
    case .sinceSequence, .sinceTime: false
    }
  }
}
