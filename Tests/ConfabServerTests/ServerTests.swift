import Testing

/// Everything that starts a server, one after another: each hashes passwords, and a machine that is
/// busy with all of them at once would not let anybody sign in within the time.
@Suite(.serialized) struct ServerTests {}
