import ArgumentParser
import ConfabNetwork
import ConfabServer
import Glibc
import Logging
import ServiceLifecycle
import UnixSignals

/// `confab serve`
struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Start a server of your own.",
    discussion: """
      On the first start it makes its certificate and prints the owner's link: whoever joins with \
      it first owns the place. Everything that the server keeps is in the data folder. Only one \
      port needs to be reachable, TCP and UDP.

      Every option may also stand in the environment (CONFAB_LISTEN for --listen) or in a JSON file \
      named by --config ({"listen": "[::]:4747"}). An option counts before the environment, and the \
      environment before the file.

      SIGTERM and SIGINT stop it gracefully; SIGHUP loads the certificate again.

      Exit status: 0 stopped, 2 it cannot start, 4 it cannot start now, because the servers that keep \
      its journal do not answer.
      """)

  @OptionGroup var given: ServeOptions

  func run() async throws {
    umask(0o077)
    signal(SIGPIPE, SIG_IGN)
    ServeProcess.raiseFileLimit()
    let settings = try ServeSettings(given)
    let metrics = ServerMetrics()
    let sink = LogSink(metrics: metrics)
    defer { sink.flush() }
    var logger = Logger(label: "confab") { _ in
      LineLogHandler(format: settings.logFormat, level: settings.logLevel, sink: sink)
    }
    logger.logLevel = settings.logLevel
    let server = try Server(
      options: settings.server(logger: logger), metrics: metrics,
      journal: { try settings.journal.open(in: $0, logger: logger) },
      onStart: { ServeOutput.show($0) })
    try await serve(server, logger: logger)
  }

  private func serve(_ server: Server, logger: Logger) async throws {
    var quiet = logger
    quiet.logLevel = max(.warning, logger.logLevel)
    var configuration = ServiceGroupConfiguration(
      services: [
        .init(service: server, successTerminationBehavior: .gracefullyShutdownGroup),
        .init(service: ServeReload(server: server)),
      ],
      gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
    configuration.maximumGracefulShutdownDuration = .seconds(5)
    try await ServiceGroup(configuration: configuration).run()
  }
}
