// cdk-nag's four packs over the flat views that `cargo xtask lint --templates` leaves in
// target/lint. It needs Node, so nothing else in this repository depends on it:
//
//   npm install --prefix target/cdk-nag aws-cdk-lib@2.276.0 cdk-nag@2.38.2 constructs@10
//   node docs/cdk-nag.mjs

import { createRequire } from "node:module";
import { mkdtempSync, readFileSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const require = createRequire(join(process.cwd(), "target/cdk-nag/index.js"));
const { App, Aspects, Stack } = require("aws-cdk-lib");
const { CfnInclude } = require("aws-cdk-lib/cloudformation-include");
const nag = require("cdk-nag");

const packs = {
  AwsSolutions: nag.AwsSolutionsChecks,
  "NIST 800-53 R5": nag.NIST80053R5Checks,
  HIPAA: nag.HIPAASecurityChecks,
  "PCI DSS": nag.PCIDSS321Checks,
};

console.log(["VIEW", "PACK", "COMPLIANT", "FINDINGS", ""].join("\t"));
for (const view of readdirSync("target/lint").filter((file) => file.endsWith(".json"))) {
  for (const [name, Pack] of Object.entries(packs)) {
    const outdir = mkdtempSync(join(tmpdir(), "cdk-nag-"));
    const app = new App({ outdir });
    const stack = new Stack(app, "Movies");
    new CfnInclude(stack, "Flat", { templateFile: join("target/lint", view) });
    Aspects.of(app).add(new Pack({ reports: true }));
    app.synth();
    const report = readdirSync(outdir).find((file) => file.endsWith("-NagReport.csv"));
    const rows = readFileSync(join(outdir, report), "utf8")
      .split("\n")
      .map((row) => row.slice(1, -1).split('","'));
    const found = rows.filter((row) => ["Non-Compliant", "UNKNOWN"].includes(row[2]));
    const compliant = rows.filter((row) => row[2] === "Compliant");
    const names = found.map((row) => `${row[0]} ${row[1].split("/").pop()}`);
    console.log([view, name, compliant.length, found.length, names.sort().join(", ")].join("\t"));
  }
}
