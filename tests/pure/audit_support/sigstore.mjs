// The verifier of sigstore, asked about checkpoints and inclusion proofs of our log: JSON in, JSON out.
import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);
const tlog = join(dirname(require.resolve("@sigstore/verify")), "tlog");
const { verifyCheckpoint } = require(join(tlog, "checkpoint.js"));
const { verifyMerkleInclusion } = require(join(tlog, "merkle.js"));

const { origin, keyId, spki, cases } = JSON.parse(readFileSync(0, "utf8"));
const publicKey = createPublicKey({ key: Buffer.from(spki, "base64"), format: "der", type: "spki" });
const logs = [{ logID: Buffer.from(keyId, "hex"), publicKey, baseURL: origin }];

function verdict({ leaf, index, hashes, note }) {
  const inclusionProof = {
    logIndex: String(index),
    hashes: hashes.map((hash) => Buffer.from(hash, "base64")),
    checkpoint: { envelope: note },
  };
  const entry = { canonicalizedBody: Buffer.from(leaf, "base64"), inclusionProof };
  try {
    verifyMerkleInclusion(entry, verifyCheckpoint(entry, logs));
    return "";
  } catch (error) {
    return error.message;
  }
}

console.log(JSON.stringify(cases.map(verdict)));
