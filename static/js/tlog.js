// What checks of the log in the browser share: RFC 6962 trees, C2SP signed-note, tlog-proof and tlog-witness.
// Nothing is believed that the server says about a result; only texts, proofs and the public key are used.
export const words = new TextEncoder();
export const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
export const joined = (...parts) => {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return whole;
};
export const sha256 = async (data) => new Uint8Array(await crypto.subtle.digest("SHA-256", data));
export const equal = (one, two) => one.length === two.length && one.every((value, at) => value === two[at]);
export const hex = (data) => [...data].map((value) => value.toString(16).padStart(2, "0")).join("");

// RFC 9162, 2.1.3.2: from the leaf up to the root.
export async function rootOf(leaf, index, size, path) {
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

// RFC 9162, 2.1.4.2: the tree of `older` is the beginning of the tree of `newer`.
export async function hasOnlyGrown(older, newer, given) {
  if (older.size === newer.size) return given.length === 0 && equal(older.root, newer.root);
  if (older.size > newer.size) return false;
  let first = older.size - 1;
  let last = newer.size - 1;
  const half = (count) => Math.floor(count / 2);
  while (first % 2) {
    first = half(first);
    last = half(last);
  }
  const path = first === 0 ? [older.root, ...given] : [...given];
  let [before, now] = [path[0], path[0]];
  if (!before) return false;
  for (const hash of path.slice(1)) {
    if (last === 0) return false;
    if (first % 2 || first === last) {
      before = await sha256(joined([1], hash, before));
      now = await sha256(joined([1], hash, now));
      while (first % 2 === 0 && first !== 0) {
        first = half(first);
        last = half(last);
      }
    } else {
      now = await sha256(joined([1], now, hash));
    }
    first = half(first);
    last = half(last);
  }
  return last === 0 && equal(before, older.root) && equal(now, newer.root);
}

// A signed checkpoint: what is signed, and the lines of its signatures.
export function parsedNote(note) {
  const middle = note.indexOf("\n\n");
  const text = note.slice(0, middle + 1);
  const [origin, size, rootHash] = text.split("\n");
  if (middle < 0 || !/^[1-9]\d{0,15}$/.test(size || "")) throw new Error("this is no checkpoint of the log.");
  return { text, origin, size: Number(size), root: bytes(rootHash), signatures: note.slice(middle + 2).split("\n").filter(Boolean) };
}

export function parsedProof(proof) {
  const cut = proof.indexOf("\n\n");
  const [head, ...lines] = proof.slice(0, cut).split("\n");
  return {
    ...parsedNote(proof.slice(cut + 2)),
    right: head === "c2sp.org/tlog-proof@v1" && lines[0].startsWith("index "),
    index: Number(lines[0].slice(6)),
    path: lines.slice(1).map(bytes),
  };
}

// From an older size to the checkpoint that follows below.
export function parsedStep(step) {
  const cut = step.indexOf("\n\n");
  const [head, ...lines] = step.slice(0, cut).split("\n");
  return { ...parsedNote(step.slice(cut + 2)), old: Number(head.slice(4)), path: lines.map(bytes) };
}

// While the log changes its key it has two, one a line: one of them is enough.
export async function signedBy(vkeys, found) {
  for (const vkey of vkeys.split("\n")) if (await signedByOne(vkey.trim(), found)) return true;
  return false;
}

async function signedByOne(vkey, found) {
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

// A list of steps, each good or bad; `check` ends with the first bad one.
export function report(steps) {
  function say(good, text, kind = good ? "step-good" : "step-bad") {
    const line = document.createElement("li");
    line.className = kind;
    line.textContent = `${good ? "✓" : "✗"} ${text}`;
    steps.append(line);
  }
  function check(good, text, otherwise) {
    say(good, good ? text : otherwise);
    if (!good) throw new Error(otherwise);
  }
  return { say, check };
}

// Runs a check, and says on `root` how it ended.
export async function run(root, verify) {
  const steps = root.querySelector("[data-steps]");
  steps.replaceChildren();
  root.dataset.result = "";
  const { say, check } = report(steps);
  try {
    await verify(say, check);
    root.dataset.result = "good";
  } catch (fault) {
    if (!steps.querySelector(".step-bad")) say(false, `This browser could not finish: ${fault.message}`);
    root.dataset.result = "bad";
  }
}
