//! The limits of every stage against each other, and the contradictions that somebody accepted.

use std::collections::BTreeMap;

use super::finding::{Finding, Waivers};
use cfnkit_assembly::service::Service;
use cfnkit_assembly::stage_file::{self, StageFile};
use cfnkit_console::bail;
use cfnkit_console::error::{Context as _, Error, Result};
use cfnkit_limits::limits::contradiction::{Contradiction, PREFIX, contradictions};
use cfnkit_limits::limits::report::{entry, wrapped};
use cfnkit_limits::limits::{Consumer, reading};
use cfnkit_template::parameters::Parameters;
use cfnkit_template::templates::Templates;
use cfnkit_tools::workspace::Workspace;

/// Tells what no waiver accepts; a waiver of nothing is a finding too.
///
/// # Errors
///
/// There is a finding, and the reporter was told of each; or the templates, a stage's file or a
/// limit cannot be read.
pub fn check(workspace: &Workspace, service: &'static Service) -> Result<()> {
    let templates = Templates::read(&workspace.templates())?;
    let mut stages = BTreeMap::from([("the defaults".to_owned(), Parameters::new())]);
    for name in stage_file::stages(workspace)? {
        let stage = service.stage(&name).map_err(Error::new)?;
        let file = StageFile::read(workspace, &stage, &templates.root)?;
        stages.insert(format!("stage `{name}`"), file.parameters().clone());
    }
    let (found, stale) = judge(&templates, &stages)?;
    let open: Vec<&(Contradiction, Vec<String>)> = found
        .iter()
        .filter(|(one, _)| one.accepted.is_none())
        .collect();
    let reporter = workspace.reporter();
    for (one, of) in &open {
        reporter.error(entry(one).trim());
        if of.len() < stages.len() {
            reporter.say(wrapped(&format!("in {}", of.join(", ")), "  ").trim_end());
        }
    }
    for one in &stale {
        reporter.error(&format!("{} {}", one.place, one.message));
    }
    let (open, accepted) = (open.len() + stale.len(), found.len() - open.len());
    if open > 0 {
        bail!(
            "{open} findings about limits; mend them, or accept them with a reason in the \
             resource's `Metadata` (`Waivers`)"
        );
    }
    reporter.say(&format!(
        "no open contradiction of limits, {accepted} accepted; `cargo xtask limits` lists them"
    ));
    Ok(())
}

/// The contradictions of any of `stages`, with the stages that have them, and the waivers that are
/// wrong.
type Judgement = (Vec<(Contradiction, Vec<String>)>, Vec<Finding>);

fn judge(templates: &Templates, stages: &BTreeMap<String, Parameters>) -> Result<Judgement> {
    let mut waivers = waivers(templates);
    let mut found: Vec<(Contradiction, Vec<String>)> = Vec::new();
    for (name, parameters) in stages {
        for one in of_stage(templates, parameters, &mut waivers, &usual())
            .with_context(|| format!("with the parameters of {name}"))?
        {
            match found.iter_mut().find(|(known, _)| *known == one) {
                Some((_, stages)) => stages.push(name.clone()),
                None => found.push((one, vec![name.clone()])),
            }
        }
    }
    Ok((found, waivers.complaints()))
}

/// The contradictions with these parameters, each with the reason that accepts it.
///
/// # Errors
///
/// A limit cannot be read from the templates.
pub fn annotated(
    templates: &Templates,
    parameters: &Parameters,
    consumer: &Consumer,
) -> Result<Vec<Contradiction>> {
    of_stage(templates, parameters, &mut waivers(templates), consumer)
}

fn of_stage(
    templates: &Templates,
    parameters: &Parameters,
    waivers: &mut Waivers,
    consumer: &Consumer,
) -> Result<Vec<Contradiction>> {
    let layers = reading::read(templates, parameters)?;
    let mut found = contradictions(&layers, consumer);
    for one in &mut found {
        if let Some(origin) = &one.origin {
            let template = templates.of_stack(&origin.stack);
            let finding = waivers.finding(template, &origin.logical_id, one.rule, &one.message);
            one.accepted = finding.waiver;
        }
    }
    Ok(found)
}

/// What a request of the service is like where nobody says otherwise.
fn usual() -> Consumer {
    Consumer::new("", 0.0)
}

fn waivers(templates: &Templates) -> Waivers {
    Waivers::read(templates.all()).only(|rule| rule.starts_with(PREFIX))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use cfnkit_template::template::Template;

    use super::*;

    const ROOT: &str = "\
Parameters:
  StageRate: {Type: Number, Default: 100}
Resources:
  Api:
    Type: AWS::CloudFormation::Stack
    Properties:
      Parameters: {StageRate: !Ref StageRate}
";

    const API: &str = "\
Parameters:
  StageRate: {Type: Number}
Resources:
  StandardUsagePlan:
    Type: AWS::ApiGateway::UsagePlan
    Metadata:
      Waivers:
        - Rule: limits-quota-short
          Reason: The rate is for peaks.
    Properties:
      Throttle: {RateLimit: 50, BurstLimit: 100}
      Quota: {Limit: 10000, Period: DAY}
  Stage:
    Type: AWS::ApiGateway::Stage
    Properties:
      MethodSettings:
        - HttpMethod: \"*\"
          ResourcePath: /*
          ThrottlingRateLimit: !Ref StageRate
          ThrottlingBurstLimit: 100
  Function:
    Type: AWS::Lambda::Function
    Properties: {ReservedConcurrentExecutions: 200}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
";

    /// A service with `api` as its one nested stack.
    fn service(api: &str) -> Templates {
        let template = |file: &str, text: &str| Template::parse(file, text.to_owned()).unwrap();
        let other = "Resources: {Topic: {Type: AWS::SNS::Topic}}";
        Templates {
            root: template("root.yaml", ROOT),
            nested: BTreeMap::from([("Api".to_owned(), template("api.yaml", api))]),
            bootstrap: template("bootstrap.yaml", other),
            github: None,
        }
    }

    /// What a check would fail for, with the stages that it is found in.
    fn check_open(templates: &Templates, chosen: &[(&str, &str)], expected: Expect) {
        let chosen = chosen
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let stages = BTreeMap::from([
            ("the defaults".to_owned(), Parameters::new()),
            ("stage `other`".to_owned(), chosen.collect()),
        ]);
        let (found, stale) = judge(templates, &stages).unwrap();
        let open = found.iter().filter(|(one, _)| one.accepted.is_none());
        let open =
            open.map(|(one, of)| format!("{}: {} ({})\n", one.rule, one.message, of.join(", ")));
        let stale = stale.iter().map(|one| format!("{}\n", one.message));
        expected.assert_eq(&open.chain(stale).collect::<String>());
    }

    #[test]
    fn what_a_waiver_accepts_is_not_open() {
        check_open(&service(API), &[], expect![[""]]);
    }

    #[test]
    fn a_stage_below_a_tier_is_found_in_the_stage_that_has_it() {
        check_open(
            &service(API),
            &[("StageRate", "40")],
            expect![[r#"
            limits-tier-above-stage: the standard tier promises 50/s and bursts of 100, and the stage takes 40/s and 100 of all consumers together (stage `other`)
        "#]],
        );
    }

    #[test]
    fn a_waiver_that_nothing_needs_or_explains_is_found() {
        let unneeded = API.replace("limits-quota-short", "limits-nothing");
        check_open(
            &service(&unneeded),
            &[],
            expect![[r#"
            limits-quota-short: a standard key has 10,000 per day; at its 50/s they end after 200 s (stage `other`, the defaults)
            `limits-nothing` is waived, but nothing is found; remove the waiver
        "#]],
        );
        let unexplained = API.replace("Reason: The rate is for peaks.", "Reason: \"\"");
        check_open(
            &service(&unexplained),
            &[],
            expect![[r#"
            limits-quota-short: a standard key has 10,000 per day; at its 50/s they end after 200 s (stage `other`, the defaults)
            `limits-quota-short` is waived without a `Reason`
        "#]],
        );
    }

    /// A table with a capacity of its own limits too.
    #[test]
    fn a_provisioned_table_below_the_stage_is_found() {
        let provisioned = "ProvisionedThroughput: {ReadCapacityUnits: 1, WriteCapacityUnits: 5}";
        let api = API.replace("BillingMode: PAY_PER_REQUEST", provisioned);
        check_open(
            &service(&api),
            &[],
            expect![[r#"
            limits-table-below-stage: the table takes 5 writes of this size per second, and the stage lets 100/s through (api.yaml:19) (stage `other`, the defaults)
        "#]],
        );
    }
}
