package import NIOCore

/// Tries something once more beside a first attempt that says nothing.
///
/// The first packet of a TCP connection that is lost is repeated by the system only after a second (RFC
/// 6298 §2.1), which is longer than all the rest takes. A second connection costs a server next to nothing.
package enum SecondAttempt {
  /// - Parameters:
  ///   - delay: what the first attempt has for itself.
  ///   - discard: gets what comes of the slower attempt.
  /// - Returns: what the first to succeed gives; a first attempt that fails is believed.
  package static func race<Value: Sendable>(
    on loop: any EventLoop, after delay: TimeAmount,
    _ attempt: @escaping @Sendable () -> EventLoopFuture<Value>,
    discard: @escaping @Sendable (Value) -> Void
  ) -> EventLoopFuture<Value> {
    let promise = loop.makePromise(of: Value.self)
    let isSettled = NIOLoopBoundBox.makeBoxSendingValue(false, eventLoop: loop)
    @Sendable func settle(_ result: Result<Value, any Error>) {
      switch result {
      case .success(let value) where isSettled.value: discard(value)
      case .failure where isSettled.value: break
      case .success, .failure:
        isSettled.value = true
        promise.completeWith(result)
      }
    }
    let second = loop.scheduleTask(in: delay) {
      attempt().hop(to: loop).whenSuccess { settle(.success($0)) }
    }
    attempt().hop(to: loop).whenComplete { result in
      second.cancel()
      settle(result)
    }
    return promise.futureResult
  }
}
