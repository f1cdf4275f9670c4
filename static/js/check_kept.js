// Compares a checkpoint that the reader kept with the log as it is now, in this browser.
import { equal, hasOnlyGrown, parsedNote, parsedStep, run, signedBy } from "./tlog.js";

const root = document.querySelector("[data-kept]");

async function verify(file, say, check) {
  check(file.size < 65536, `${file.name} is read here and not sent anywhere.`, "This file is too large for a checkpoint.");
  const kept = parsedNote(await file.text());
  check(await signedBy(root.dataset.vkey, kept), `It states ${kept.size} entries, signed by the log ${kept.origin}.`, "It was not signed with the key that this log has now. Show it to your works council.");
  const answer = await fetch(`${root.dataset.kept}?old=${kept.size}`);
  check(answer.status !== 409, "The log of today is not shorter than what you kept.", `The log of today is shorter than what you kept: it lost entries. Keep your file and show it to your works council.`);
  check(answer.ok, "The server handed out the step from then to now.", "The server did not hand out the step from then to now. Try again in a minute.");
  const step = parsedStep(await answer.text());
  check(step.old === kept.size && await signedBy(root.dataset.vkey, step), `The log of today states ${step.size} entries, signed with the same key.`, "The log of today is not signed with this key.");
  const same = step.size === kept.size && equal(step.root, kept.root);
  const grown = await hasOnlyGrown(kept, step, step.path);
  check(grown, same ? "It is the state you kept: nothing came since." : `Your ${kept.size} entries are all there, unchanged and in their order; ${step.size - kept.size} came after them.`, "Entries that you had kept were changed, removed or put into another order. Keep your file and show it to your works council.");
  say(true, "Nothing that you kept was removed or changed.", "step-end");
  const others = step.signatures.length - 1;
  say(true, others > 0 ? `${others} further signature${others === 1 ? "" : "s"} of witnesses on it: mci-verify checks those.` : "No witness has signed it yet: somebody outside has not seen this state.");
}

if (root) {
  const input = root.querySelector("input[type=file]");
  input.addEventListener("change", () => {
    if (input.files.length) run(root, (say, check) => verify(input.files[0], say, check));
  });
}
