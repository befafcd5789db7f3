import Synchronization

/// Hands elements from producers to one consumer, and never holds more than its limit.
package final class BoundedQueue<Element: Sendable>: Sendable {
  private struct State {
    var elements: [Element] = []
    var isFinished = false
    var consumer: CheckedContinuation<Void, Never>?
    var producers: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())
  private let countMax: Int

  package init(countMax: Int) {
    self.countMax = countMax
  }

  // MARK: Producers

  /// False when the queue is full or finished: then the element is not taken.
  @discardableResult
  package func offer(_ element: Element) -> Bool {
    let (taken, consumer) = state.withLock { state in
      guard !state.isFinished, state.elements.count < countMax else {
        return (false, nil as CheckedContinuation<Void, Never>?)
      }
      state.elements.append(element)
      return (true, state.consumer.take())
    }
    consumer?.resume()
    return taken
  }

  /// Waits for room. Elements that come after `finish` are dropped.
  package func push(_ element: Element) async {
    while !offer(element) {
      if state.withLock({ $0.isFinished }) { return }
      await withCheckedContinuation { continuation in
        let mayGoOn = state.withLock { state in
          if state.isFinished || state.elements.count < countMax { return true }
          state.producers.append(continuation)
          return false
        }
        if mayGoOn { continuation.resume() }
      }
    }
  }

  /// Nothing more will come. What is in the queue can still be taken.
  package func finish() {
    let (consumer, producers) = state.withLock { state in
      state.isFinished = true
      return (state.consumer.take(), take(&state.producers))
    }
    consumer?.resume()
    for producer in producers { producer.resume() }
  }

  // MARK: The consumer

  package func tryNext() -> Element? {
    let (element, producers) = state.withLock { state in
      state.elements.isEmpty ? (nil, []) : (state.elements.removeFirst(), take(&state.producers))
    }
    for producer in producers { producer.resume() }
    return element
  }

  /// Waits for an element; nil when there will be none, and when the task is cancelled.
  package func next() async -> Element? {
    while true {
      if let element = tryNext() { return element }
      if Task.isCancelled || state.withLock({ $0.isFinished && $0.elements.isEmpty }) { return nil }
      await waitForElements()
    }
  }

  private func waitForElements() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let mayGoOn = state.withLock { state in
          if !state.elements.isEmpty || state.isFinished || Task.isCancelled { return true }
          state.consumer = continuation
          return false
        }
        if mayGoOn { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.consumer.take() }?.resume()
    }
  }
}

private func take<Value>(_ values: inout [Value]) -> [Value] {
  defer { values = [] }
  return values
}
