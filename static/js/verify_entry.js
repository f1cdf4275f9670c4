// Recomputes in this browser that an entry stands in the signed log.
import { equal, hex, joined, parsedProof, rootOf, run, sha256, signedBy, words } from "./tlog.js";

const root = document.querySelector("[data-verify]");

async function verify(say, check) {
  const answer = await fetch(root.dataset.verify, { headers: { Accept: "application/json" } });
  const given = await answer.json();
  check(answer.ok, "The server handed out a proof.", given.detail || "The server has no proof yet.");
  check(given.leaf === document.getElementById("leaf").textContent, "The proof is about the entry shown on this page.", "The proof is about another text than the one shown.");
  const found = parsedProof(given.proof);
  check(found.right, `It says: entry ${found.index + 1} of ${found.size}.`, "The proof cannot be read.");
  const leaf = await sha256(joined([0], words.encode(given.leaf)));
  say(true, `Hash of the entry: ${hex(leaf).slice(0, 16)}…`);
  const made = await rootOf(leaf, found.index, found.size, found.path);
  check(made !== null && equal(made, found.root), `${found.path.length} steps up lead to the signed root ${hex(found.root).slice(0, 16)}…`, "The steps do not lead to the signed root.");
  check(await signedBy(given.vkey, found), `The root is signed by the log ${found.origin}.`, "The signature of the log does not fit.");
  say(true, "Proven: this entry stands in the log, as it is shown here.", "step-end");
  const others = found.signatures.filter((one) => !one.startsWith(`— ${found.origin} `)).length; // a log may sign with two keys
  say(true, others ? `${others} further signature${others === 1 ? "" : "s"} of witnesses: mci-verify checks those.` : "No witness has signed this root yet.");
}

if (root) {
  const button = root.querySelector("button");
  button.addEventListener("click", async () => {
    button.disabled = true;
    await run(root, verify);
    button.disabled = false;
  });
}
