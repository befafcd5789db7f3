/// The page behind an `https://` link: what to type in a terminal. The link's fragment never reaches
/// the server; the page's script reads it in the browser.
enum JoinPage {
  static let html = """
    <!doctype html>
    <html lang="en">
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="referrer" content="no-referrer">
    <title>Confab</title>
    <link rel="stylesheet" href="join.css">
    <main>
    <h1>Confab</h1>
    <p>A place to meet. It is used from a terminal, with the program <code>confab</code>.</p>
    <p id="invited" hidden>You are invited. Choose a name, and type this line:</p>
    <pre id="line">confab join LINK --name YOUR-NAME</pre>
    <p id="uninvited">To join you need an invitation: ask somebody who is here for a link.</p>
    <p>Afterwards <code>confab</code> alone opens the chat, and <code>confab --help</code> tells the
    rest.</p>
    </main>
    <script src="join.js"></script>
    </html>

    """

  static let style = """
    body { font: 1.1rem/1.6 system-ui, sans-serif; margin: 0; color: #1c1c28; background: #fafafc }
    main { max-width: 44rem; margin: 12vh auto; padding: 0 1.5rem }
    pre { background: #1c1c28; color: #f4f4f8; padding: 1rem; border-radius: .5rem;
      white-space: pre-wrap; overflow-wrap: anywhere; user-select: all }
    @media (prefers-color-scheme: dark) { body { color: #f4f4f8; background: #14141c } }

    """

  static let script = """
    "use strict";
    const fragment = location.hash.slice(1);
    if (/^[A-Za-z0-9_=&-]+$/.test(fragment) && fragment.includes("invite=")) {
      const link = `confab://${location.host}/?${fragment}`;
      document.getElementById("line").textContent = `confab join '${link}' --name YOUR-NAME`;
      document.getElementById("invited").hidden = false;
      document.getElementById("uninvited").hidden = true;
    }

    """
}
