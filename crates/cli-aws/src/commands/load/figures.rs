//! What CloudWatch saw while a load test ran.

use std::time::Duration;

use crate::deployed::Deployed;
use crate::live;
use cfnkit_aws::aws::cloudwatch::{self, MetricQuery};
use cfnkit_cli::program::service;
use cfnkit_console::interrupt::Interrupts;
use cfnkit_console::patience::patient;
use cfnkit_console::screen;
use cfnkit_load::load::verdict::Observed;

/// How long CloudWatch's figures of a minute take to be there.
const METRICS_TAKE: Duration = Duration::from_secs(120);

/// What CloudWatch saw, which it knows a minute or two later. Nothing of it is worth failing for.
pub(super) async fn observe(
    deployed: &Deployed,
    begin: i64,
    interrupts: &mut Interrupts,
) -> Observed {
    let end = live::now() / 1000;
    screen::progress("waiting two minutes for CloudWatch's figures; Ctrl-C goes on without");
    tokio::select! {
        () = tokio::time::sleep(patient(METRICS_TAKE)) => {}
        () = interrupts.next() => return Observed::default(),
    }
    match figures(deployed, begin, end).await {
        Ok(observed) => observed,
        Err(err) => {
            screen::say(format!("{err:#}"));
            Observed::default()
        }
    }
}

async fn figures(deployed: &Deployed, begin: i64, end: i64) -> anyhow::Result<Observed> {
    let mut queries = Vec::new();
    if let Some(function) = deployed.function()? {
        queries.push(MetricQuery {
            id: "concurrency",
            namespace: "AWS/Lambda",
            name: "ConcurrentExecutions",
            dimensions: vec![("FunctionName", function)],
            statistic: "Maximum",
        });
    }
    if let Some(output) = service().table_output {
        let table = deployed.output(output)?.to_owned();
        queries.push(MetricQuery {
            id: "throttles",
            namespace: "AWS/DynamoDB",
            name: "WriteThrottleEvents",
            dimensions: vec![("TableName", table)],
            statistic: "Sum",
        });
    }
    // Whole minutes, as CloudWatch keeps them.
    let time = (begin / 60 * 60, end / 60 * 60 + 60);
    let connection = &deployed.environment.connection;
    let found = cloudwatch::metrics(connection, &queries, time, 60).await?;
    let values = |id: &str| found.get(id).map_or(&[][..], Vec::as_slice);
    Ok(Observed {
        most_concurrent_executions: values("concurrency").iter().copied().reduce(f64::max),
        // Without a throttle there is no data either.
        table_write_throttles: Some(values("throttles").iter().sum()),
    })
}
