//! The steps of `status`.

use serde_json::Value;
use xshell::Shell;

use crate::deployed::{Deployed, deployed};
use crate::live;
use cfnkit_assembly::assembly::AssembledTemplates;
use cfnkit_assembly::encryption_key::EncryptionKey;
use cfnkit_assembly::stage::Stage;
use cfnkit_aws::aws::cloudwatch::{self, MetricQuery};
use cfnkit_cli::commands::status::Status;
use cfnkit_cli::program::service;
use cfnkit_console::screen;
use cfnkit_deploy::deployment;
use cfnkit_operate::status::cost::{self, Fixtures, Use};
use cfnkit_operate::status::{
    self, Alarms, Concurrency, FunctionVersion, Status as Screen, Traffic, Version,
};
use cfnkit_package::packaging;
use cfnkit_template::intrinsics::resolved_resources;
use cfnkit_tools::digest::hex;
use cfnkit_tools::workspace::Workspace;

const AN_HOUR: i64 = 3600;

const NOT_SHOWN_LOCALLY: &str = "\
The local cloud counts no requests and no executions and its alarms never change: traffic, \
alarms, concurrency and cost show on AWS only.";

pub(crate) async fn run(status: Status, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
    let deployed = deployed(&status.stage, &status.environment, sh, workspace).await?;
    let version = version(sh, workspace, &deployed)?;
    let mut screen = Screen {
        stack: deployed.stack.name.clone(),
        place: deployed.environment.connection.place(),
        stack_status: deployed.stack.status.to_string(),
        status_reason: deployed.stack.status_reason.clone(),
        version,
        alarms: None,
        traffic: None,
        concurrency: None,
        cost: None,
        not_shown: Vec::new(),
    };
    match deployed.is_local() {
        true => screen.not_shown.push(NOT_SHOWN_LOCALLY.to_owned()),
        false => fill(&mut screen, &deployed, &status.stage.stage).await?,
    }
    match status.json {
        true => screen::data(serde_json::to_string_pretty(&screen)?),
        false => screen::show(status::render(&screen)),
    }
    Ok(())
}

/// What only AWS knows.
async fn fill(screen: &mut Screen, deployed: &Deployed, stage: &Stage) -> anyhow::Result<()> {
    let connection = &deployed.environment.connection;
    let stack = &deployed.stack;
    // A whole minute, as CloudWatch keeps them.
    let end = live::now() / 1000 / 60 * 60;
    let queries = queries(deployed, stage)?;
    let figures = cloudwatch::metrics(connection, &queries, (end - AN_HOUR, end), AN_HOUR).await?;
    let all = |id: &str| figures.get(id).map_or(&[][..], Vec::as_slice);
    // An hour that is no clock hour can be two data points. Not `sum`: that of none is -0.0.
    let sum = |id: &str| all(id).iter().fold(0.0, |sum, value| sum + value);
    let most = |id: &str| all(id).iter().copied().reduce(f64::max);
    let traffic = Traffic {
        requests: sum("requests"),
        client_errors: sum("clientErrors"),
        server_errors: sum("serverErrors"),
        blocked: sum("blocked"),
        p50_ms: most("p50"),
        p99_ms: most("p99"),
        table_throttles: sum("tableThrottles"),
    };
    let alarms = cloudwatch::alarms(connection, &format!("{}-", stack.name)).await?;
    let parameter = |name: &str| stack.parameters.get(name).map(String::as_str);
    let tree = deployment::deployed_tree(&connection.cloudformation(), stack).await?;
    let resources = tree.iter().flat_map(|tree| tree.nested.values());
    let resources: Vec<Value> = resources
        .flat_map(|tree| resolved_resources(&tree.template, &tree.parameters).into_values())
        .collect();
    let key = parameter(service().supplied.encryption_key);
    let has_encryption_key = key == Some(EncryptionKey::CustomerManaged.as_str());
    let fixtures = Fixtures::read(resources.iter(), service().tiers.len(), has_encryption_key);
    let mut functions = service().functions.iter();
    let memory = functions.find_map(|function| function.memory_parameter);
    let memory = memory.and_then(parameter);
    let memory = memory.and_then(|memory| memory.parse().ok());
    let usage = Use {
        requests_per_second: traffic.requests / AN_HOUR as f64,
        invocations_per_second: sum("invocations") / AN_HOUR as f64,
        duration_ms: most("duration").unwrap_or(0.0),
        memory_in_megabytes: memory.unwrap_or(1024.0),
    };
    screen.cost = Some(cost::estimate(&cost::prices()?, fixtures, usage));
    screen.concurrency = Some(Concurrency {
        peak: most("concurrency").unwrap_or(0.0),
        reserved: service()
            .concurrency_parameter()
            .and_then(parameter)
            .and_then(|number| number.parse().ok()),
    });
    let alarming = alarms.iter().filter(|alarm| alarm.state == "ALARM");
    screen.alarms = Some(Alarms {
        total: alarms.len(),
        alarming: alarming
            .map(|alarm| (logical_id(&alarm.name), alarm.reason.clone()))
            .collect(),
        without_data: alarms
            .iter()
            .filter(|alarm| alarm.state == "INSUFFICIENT_DATA")
            .count(),
    });
    screen.traffic = Some(traffic);
    Ok(())
}

/// The alarm's name in the template, of the name CloudFormation makes of it:
/// `<stack>-<logical ID>-<random>`.
fn logical_id(name: &str) -> String {
    let part = name.rsplit('-').nth(1);
    part.unwrap_or(name).to_owned()
}

/// The names are those of the dashboard in `infra/cfn/observability.yaml`.
fn queries(deployed: &Deployed, stage: &Stage) -> anyhow::Result<Vec<MetricQuery>> {
    let api = [
        ("ApiName", stage.stack_name()),
        ("Stage", stage.to_string()),
    ];
    let region = deployed.environment.connection.region.clone();
    let web_acl = [
        ("WebACL", stage.stack_name()),
        ("Region", region),
        ("Rule", "ALL".to_owned()),
    ];
    let query =
        |id, namespace, name, dimensions: &[(&'static str, String)], statistic| MetricQuery {
            id,
            namespace,
            name,
            dimensions: dimensions.to_vec(),
            statistic,
        };
    let mut queries = vec![
        query("requests", "AWS/ApiGateway", "Count", &api, "SampleCount"),
        query("clientErrors", "AWS/ApiGateway", "4XXError", &api, "Sum"),
        query("serverErrors", "AWS/ApiGateway", "5XXError", &api, "Sum"),
        query("p50", "AWS/ApiGateway", "Latency", &api, "p50"),
        query("p99", "AWS/ApiGateway", "Latency", &api, "p99"),
        query("blocked", "AWS/WAFV2", "BlockedRequests", &web_acl, "Sum"),
    ];
    if let Some(name) = deployed.function()? {
        let function = [("FunctionName", name)];
        queries.extend([
            query("invocations", "AWS/Lambda", "Invocations", &function, "Sum"),
            query("duration", "AWS/Lambda", "Duration", &function, "Average"),
            query(
                "concurrency",
                "AWS/Lambda",
                "ConcurrentExecutions",
                &function,
                "Maximum",
            ),
        ]);
    }
    if let Some(output) = stage.service().table_output {
        let table = [("TableName", deployed.output(output)?.to_owned())];
        queries.push(query(
            "tableThrottles",
            "AWS/DynamoDB",
            "WriteThrottleEvents",
            &table,
            "Sum",
        ));
    }
    Ok(queries)
}

/// Compares keys, which are hashes of contents. Nothing is built for it.
fn version(sh: &Shell, workspace: &Workspace, deployed: &Deployed) -> anyhow::Result<Version> {
    let cloud = deployed.environment.cloud;
    let templates = AssembledTemplates::read(&workspace.templates(), cloud)?;
    let parameters = &deployed.stack.parameters;
    let changed = templates.nested.iter().filter(|(_, nested)| {
        let key = parameters.get(&nested.key_parameter);
        key.is_none_or(|key| *key != nested.asset.key)
    });
    let hash = |key: &String| key.split('.').next().unwrap_or_default().to_owned();
    let mut functions = Vec::new();
    for function in service().functions {
        let ready = packaging::ready(sh, workspace, function, cloud.into())?;
        functions.push(FunctionVersion {
            name: function.name.to_owned(),
            deployed: parameters.get(function.key_parameter).map(hash),
            local: ready.map(|asset| hex(&asset.sha256)),
        });
    }
    Ok(Version {
        functions,
        changed_templates: changed
            .map(|(_, nested)| nested.asset.name.clone())
            .collect(),
    })
}
