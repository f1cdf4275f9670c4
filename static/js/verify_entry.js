// Recomputes in this browser that an entry stands in the signed log: RFC 6962 tree, C2SP tlog-proof and signed-note.
// Nothing is believed that the server says about the result; only the entry, the proof and the public key are used.
const root = document.querySelector("[data-verify]");
if (root) {
  const button = root.querySelector("button");
  const steps = root.querySelector("[data-steps]");
  const words = new TextEncoder();
  const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const joined = (...parts) => {
    const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
    parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
    return whole;
  };
  const sha256 = async (data) => new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  const equal = (one, two) => one.length === two.length && one.every((value, at) => value === two[at]);
  const hex = (data) => [...data].map((value) => value.toString(16).padStart(2, "0")).join("");

  function say(good, text) {
    const line = document.createElement("li");
    line.className = good ? "step-good" : "step-bad";
    line.textContent = `${good ? "✓" : "✗"} ${text}`;
    steps.append(line);
  }

  function check(good, text, otherwise) {
    say(good, good ? text : otherwise);
    if (!good) throw new Error(otherwise);
  }

  // RFC 9162, 2.1.3.2: from the leaf up to the root.
  async function rootOf(leaf, index, size, path) {
    let node = leaf;
    let first = index;
    let last = size - 1;
    for (const hash of path) {
      if (last === 0) return null;
      if (first % 2 || first === last) {
        node = await sha256(joined([1], hash, node));
        while (first % 2 === 0 && first !== 0) {
          first = Math.floor(first / 2);
          last = Math.floor(last / 2);
        }
      } else {
        node = await sha256(joined([1], node, hash));
      }
      first = Math.floor(first / 2);
      last = Math.floor(last / 2);
    }
    return last === 0 ? node : null;
  }

  function parsed(proof) {
    const cut = proof.indexOf("\n\n");
    const [head, ...lines] = proof.slice(0, cut).split("\n");
    const note = proof.slice(cut + 2);
    const middle = note.indexOf("\n\n");
    const text = note.slice(0, middle + 1);
    const [origin, size, rootHash] = text.split("\n");
    return {
      right: head === "c2sp.org/tlog-proof@v1" && lines[0].startsWith("index "),
      index: Number(lines[0].slice(6)),
      path: lines.slice(1).map(bytes),
      text,
      origin,
      size: Number(size),
      root: bytes(rootHash),
      signatures: note.slice(middle + 2).split("\n").filter(Boolean),
    };
  }

  async function signedBy(vkey, found) {
    const [, name, encoded] = vkey.match(/^([^+]+)\+[0-9a-f]{8}\+(.+)$/) || []; // base64 has plus signs of its own
    if (!encoded) return false;
    const key = bytes(encoded);
    if (key[0] !== 1 || name !== found.origin) return false;
    const id = (await sha256(joined(words.encode(name), [10], key))).slice(0, 4);
    const line = found.signatures.find((one) => one.startsWith(`— ${name} `) && equal(bytes(one.split(" ")[2]).slice(0, 4), id));
    if (!line) return false;
    const made = await crypto.subtle.importKey("raw", key.slice(1), { name: "Ed25519" }, false, ["verify"]);
    return crypto.subtle.verify({ name: "Ed25519" }, made, bytes(line.split(" ")[2]).slice(4), words.encode(found.text));
  }

  async function verify() {
    steps.replaceChildren();
    const answer = await fetch(root.dataset.verify, { headers: { Accept: "application/json" } });
    const given = await answer.json();
    check(answer.ok, "The server handed out a proof.", given.detail || "The server has no proof yet.");
    check(given.leaf === document.getElementById("leaf").textContent, "The proof is about the entry shown on this page.", "The proof is about another text than the one shown.");
    const found = parsed(given.proof);
    check(found.right, `It says: entry ${found.index + 1} of ${found.size}.`, "The proof cannot be read.");
    const leaf = await sha256(joined([0], words.encode(given.leaf)));
    say(true, `Hash of the entry: ${hex(leaf).slice(0, 16)}…`);
    const made = await rootOf(leaf, found.index, found.size, found.path);
    check(made !== null && equal(made, found.root), `${found.path.length} steps up lead to the signed root ${hex(found.root).slice(0, 16)}….`, "The steps do not lead to the signed root.");
    check(await signedBy(given.vkey, found), `The root is signed by the log ${found.origin}.`, "The signature of the log does not fit.");
    const others = found.signatures.length - 1;
    say(true, others ? `${others} further signature${others === 1 ? "" : "s"} of witnesses: mci-verify checks those.` : "No witness has signed this root yet.");
  }

  button.addEventListener("click", async () => {
    button.disabled = true;
    root.dataset.result = "";
    try {
      await verify();
      root.dataset.result = "good";
    } catch (fault) {
      if (!steps.querySelector(".step-bad")) say(false, `This browser could not finish: ${fault.message}`);
      root.dataset.result = "bad";
    }
    button.disabled = false;
  });
}
