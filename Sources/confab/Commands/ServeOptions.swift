import ArgumentParser

/// What may be typed after `confab serve`; nothing is decided here, because the environment and a file
/// have a say too.
struct ServeOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The data folder (default ./confab-data).", valueName: "dir"))
  var data: String?

  @Option(
    help: ArgumentHelp(
      "Where to listen, TCP and UDP; port 0 picks a free one (default [::]:4747).",
      valueName: "host:port"))
  var listen: String?

  @Option(
    help: ArgumentHelp("The host that links name (default: found out).", valueName: "host"))
  var publicAddress: String?

  @Option(
    help: ArgumentHelp(
      "A certificate chain instead of the server's own; loaded again when it changes.",
      valueName: "pem"))
  var tlsCertificate: String?

  @Option(help: ArgumentHelp("The private key of --tls-certificate.", valueName: "pem"))
  var tlsKey: String?

  @Option(
    help: ArgumentHelp(
      "Who may make an account: invite, open or closed (default invite).", valueName: "rule"))
  var registration: String?

  @Option(
    help: ArgumentHelp(
      "Wrong passwords in a row that lock an account, 1 to 20 (default 3).", valueName: "n"))
  var maxFailedSignIns: String?

  @Option(help: ArgumentHelp("How long a lockout lasts (default 10).", valueName: "seconds"))
  var lockout: String?

  @Option(
    help: ArgumentHelp(
      "Forward files for people whose devices cannot reach each other: on or off (default on). "
        + "The server cannot read them.", valueName: "rule"))
  var relay: String?

  @Option(
    help: ArgumentHelp(
      "How fast one forwarded transfer may be, like 20Mbit or 1Gbit, a second (default 100Mbit).",
      valueName: "rate"))
  var relayRate: String?

  @Option(
    help: ArgumentHelp(
      "How much is forwarded in 24 hours, like 500MB or 2TiB (default 100GiB). One account gets at "
        + "most a quarter of it.", valueName: "bytes"))
  var relayQuota: String?

  @Option(
    help: ArgumentHelp(
      "Where messages are kept: sqlite, or nats://HOST:PORT,HOST:PORT/NAME for several servers of one "
        + "place (default sqlite).", valueName: "journal"))
  var journal: String?

  @Option(
    help: ArgumentHelp(
      "A file that opens the NATS servers: credentials as nsc writes them, or a name and a password.",
      valueName: "file"))
  var journalCredentials: String?

  @Option(
    help: ArgumentHelp(
      "Authorities that may vouch for the NATS servers; turns TLS on.", valueName: "pem"))
  var journalAuthorities: String?

  @Option(
    help: ArgumentHelp(
      "Proxies whose X-Forwarded-For tells where browsers are, like 127.0.0.1 or 10.0.0.0/8,::1 (default none).",
      valueName: "addresses"))
  var trustedProxy: String?

  @Option(
    help: ArgumentHelp(
      "With --journal nats://…: a backup of another server of the place, with which a server without a "
        + "copy begins.", valueName: "file"))
  var journalBackup: String?

  @Option(help: ArgumentHelp("Log lines as text or json (default text).", valueName: "format"))
  var logFormat: String?

  @Option(
    help: ArgumentHelp(
      "The least important lines to log: trace, debug, info, notice, warning, error or critical "
        + "(default info).", valueName: "level"))
  var logLevel: String?

  @Option(
    help: ArgumentHelp(
      "A file with the token that lets other machines read /metrics.", valueName: "file"))
  var metricsToken: String?

  @Option(help: ArgumentHelp("A JSON file with any of these options.", valueName: "file"))
  var config: String?
}
