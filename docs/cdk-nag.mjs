// cdk-nag's packs over the flat views that `cargo xtask lint --templates` leaves in target/lint.
// It needs Node, so nothing else in this repository depends on it:
//
//   npm install --prefix target/cdk-nag aws-cdk-lib@2.276.0 cdk-nag@3.0.2 constructs@10
//   node docs/cdk-nag.mjs

import { createRequire } from "node:module";
import { mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const require = createRequire(join(process.cwd(), "target/cdk-nag/index.js"));
const { App, Stack } = require("aws-cdk-lib");
const { CfnInclude } = require("aws-cdk-lib/cloudformation-include");
const nag = require("cdk-nag");

const packs = {
  AwsSolutions: nag.AwsSolutionsChecks,
  Serverless: nag.ServerlessChecks,
  "NIST 800-53 R4": nag.NIST80053R4Checks,
  "NIST 800-53 R5": nag.NIST80053R5Checks,
  HIPAA: nag.HIPAASecurityChecks,
  "PCI DSS": nag.PCIDSS321Checks,
};

// A pack reports violations alone, so what it finds in order is counted on the way.
function counting(Pack) {
  return class extends Pack {
    compliant = 0;

    applyRule(asked) {
      const rule = (node) => {
        const result = asked.rule(node);
        this.compliant += result === nag.NagRuleCompliance.COMPLIANT ? 1 : 0;
        return result;
      };
      const ruleSuffixOverride = asked.ruleSuffixOverride ?? asked.rule.name;
      super.applyRule({ ...asked, rule, ruleSuffixOverride });
    }
  };
}

console.log(["VIEW", "PACK", "COMPLIANT", "FINDINGS", ""].join("\t"));
for (const view of readdirSync("target/lint").filter((file) => file.endsWith(".json"))) {
  const app = new App({ outdir: mkdtempSync(join(tmpdir(), "cdk-nag-")) });
  const stack = new Stack(app, "Movies");
  new CfnInclude(stack, "Flat", { templateFile: join("target/lint", view) });
  for (const [name, Pack] of Object.entries(packs)) {
    const pack = new (counting(Pack))();
    const { violations } = pack.validateScope(app);
    const names = violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath }) => `${ruleName} ${constructPath.split("/").pop()}`),
    );
    console.log([view, name, pack.compliant, names.length, names.sort().join(", ")].join("\t"));
  }
}
