/// Requests of one connection that have no answer yet.
///
/// An array, because answers mostly come in the order of the requests: the search ends at its front.
struct OutstandingRequests: Sendable, Equatable {
  private var requests: [UInt64] = []

  var count: Int { requests.count }

  /// False when the number is in use: two answers could not be told apart.
  mutating func insert(_ request: UInt64) -> Bool {
    guard !requests.contains(request) else { return false }
    requests.append(request)
    return true
  }

  /// False when no such request waits for an answer.
  mutating func remove(_ request: UInt64) -> Bool {
    guard let index = requests.firstIndex(of: request) else { return false }
    requests.remove(at: index)
    return true
  }
}
