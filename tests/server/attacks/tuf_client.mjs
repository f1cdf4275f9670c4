// An independent client of The Update Framework: refreshes from an address and fetches one target, or says why not.
// node tuf_client.mjs FOLDER METADATA_URL TARGETS_URL TARGET
import { createRequire } from "node:module";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const { Updater } = createRequire(import.meta.url)("tuf-js");
const [folder, metadataBaseUrl, targetBaseUrl, name] = process.argv.slice(2);
const targetDir = join(folder, "targets");
mkdirSync(targetDir, { recursive: true });

async function look() {
  const updater = new Updater({
    metadataDir: join(folder, "metadata"),
    metadataBaseUrl,
    targetDir,
    targetBaseUrl,
    config: { fetchTimeout: 5000, fetchRetry: 0 },
  });
  await updater.refresh();
  const info = await updater.getTargetInfo(name);
  if (!info) return { refused: "TargetUnknown" };
  const path = await updater.downloadTarget(info);
  return { custom: info.custom ?? null, content: readFileSync(path, "utf8") };
}

let answer;
try {
  answer = await look();
} catch (error) {
  answer = { refused: error.constructor.name, message: error.message };
}
process.stdout.write(JSON.stringify(answer));
process.exit(0);
