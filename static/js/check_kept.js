// Compares a checkpoint that the reader kept with the log as it is now, in this browser.
import { equal, hasOnlyGrown, parsedNote, parsedStep, run, signedBy } from "./tlog.js";

const root = document.querySelector("[data-kept]");

// The keys that sign the log at a size; each stands on a line with the first size, and the first that it signs no more.
function keysAt(size) {
  const keys = root.dataset.keys.split("\n").map((line) => line.split(" "));
  return keys.filter(([first, end]) => Number(first) <= size && (end === "-" || size < Number(end))).map((key) => key[2]).join("\n");
}

async function verify(file, say, check) {
  check(file.size < 65536, `${file.name} is read here and not sent anywhere.`, "This file is too large for a checkpoint.");
  const kept = parsedNote(await file.text());
  check(await signedBy(keysAt(kept.size), kept), `It states ${kept.size} entries, signed by the log ${kept.origin}.`, "It was not signed with a key that this log had then. Show it to your works council.");
  const answer = await fetch(`${root.dataset.kept}?old=${kept.size}`);
  check(answer.status !== 409, "The log of today is not shorter than what you kept.", `The log of today is shorter than what you kept: it lost entries. Keep your file and show it to your works council.`);
  check(answer.ok, "The server handed out the step from then to now.", "The server did not hand out the step from then to now. Try again in a minute.");
  const step = parsedStep(await answer.text());
  check(step.old === kept.size && await signedBy(keysAt(step.size), step), `The log of today states ${step.size} entries, and is signed.`, "The log of today is not signed with its key.");
  if (!await signedBy(keysAt(step.size), kept)) say(true, "It has changed its key since: an entry of the log says when, and both keys signed it.");
  const same = step.size === kept.size && equal(step.root, kept.root);
  const grown = await hasOnlyGrown(kept, step, step.path);
  check(grown, same ? "It is the state you kept: nothing came since." : `Your ${kept.size} entries are all there, unchanged and in their order; ${step.size - kept.size} came after them.`, "Entries that you had kept were changed, removed or put into another order. Keep your file and show it to your works council.");
  say(true, "Nothing that you kept was removed or changed.", "step-end");
  const others = step.signatures.filter((one) => !one.startsWith(`— ${step.origin} `)).length;
  say(true, others > 0 ? `${others} further signature${others === 1 ? "" : "s"} of witnesses on it: mci-verify checks those.` : "No witness has signed it yet: somebody outside has not seen this state.");
}

if (root) {
  const input = root.querySelector("input[type=file]");
  input.addEventListener("change", () => {
    if (input.files.length) run(root, (say, check) => verify(input.files[0], say, check));
  });
}
