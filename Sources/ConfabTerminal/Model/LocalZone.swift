package import Primitives

/// How far the reader's clocks are ahead of UTC, in seconds: in most places it changes in the course of
/// the year, so each time that is shown has its own.
package struct LocalZone: Sendable {
  /// At a moment.
  package let offset: @Sendable (_ at: WallTime) -> Int
  /// When the clocks show a date.
  package let offsetShowing: @Sendable (CivilDate) -> Int

  package init(
    offset: @escaping @Sendable (_ at: WallTime) -> Int,
    offsetShowing: @escaping @Sendable (CivilDate) -> Int
  ) {
    self.offset = offset
    self.offsetShowing = offsetShowing
  }

  /// The same all year.
  package static func fixed(_ seconds: Int) -> LocalZone {
    LocalZone(offset: { _ in seconds }, offsetShowing: { _ in seconds })
  }
}
