//! The layers as the templates and a stage's parameters have them. Only what AWS fixes, and what
//! the handler answers, is a number here.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Layer, LayerName, Layers, Limit, Tier};
use cfnkit_console::bail;
use cfnkit_console::error::{Context as _, Result};
use cfnkit_template::flattening::{Flat, Origin};
use cfnkit_template::parameters::Parameters;
use cfnkit_template::references::names_in;
use cfnkit_template::template::number_of;
use cfnkit_template::templates::Templates;

/// Per account and region, in most regions, unless raised: "Amazon API Gateway quotas" in its
/// developer guide.
const ACCOUNT_RATE: f64 = 10_000.0;
const ACCOUNT_BURST: f64 = 5_000.0;

/// Executions at a time of all functions of an account, unless raised: "Lambda quotas".
const ACCOUNT_CONCURRENCY: f64 = 1_000.0;

/// Write units per second that a new on-demand table takes at once; later it is twice the
/// previous peak ("DynamoDB on-demand capacity mode").
const NEW_TABLE_WRITES: f64 = 4_000.0;

/// Seconds of unused capacity that a provisioned table saves up ("Burst and adaptive capacity").
const SAVED_SECONDS: f64 = 300.0;

/// Seconds that a rate rule looks back where it does not say ("Rate-based rule settings").
const WAF_WINDOW: f64 = 300.0;

/// A function without an execution left is throttled before it starts, so there is no answer to
/// pass on, and a proxy integration makes an internal server error of it ("Troubleshoot API
/// Gateway internal server errors", AWS re:Post). Some reports have 504 instead, the status of
/// `INTEGRATION_FAILURE`; which of the two it is AWS documents nowhere.
const NO_EXECUTION: u16 = 500;

/// The gateway responses to what exceeds a rate.
const THROTTLED: &[&str] = &["THROTTLED", "DEFAULT_4XX"];

/// What the handler answers when the table refuses.
const NO_WRITE: u16 = 503;

/// What `templates` and the root's parameters `chosen` come to.
///
/// # Errors
///
/// The templates have several of a resource that requests pass only one of, the API's methods name
/// no function of theirs, a limit does not come to a number, or a quota's period is none of API
/// Gateway's.
pub fn read(templates: &Templates, chosen: &Parameters) -> Result<Layers> {
    let flat = templates.flatten(chosen);
    let reader = Reader {
        templates,
        flat: &flat,
    };
    Ok(Layers {
        waf: reader.waf()?,
        tiers: reader.tiers()?,
        stage: reader.stage()?,
        account: Layer {
            name: LayerName::AccountThrottle,
            limit: Limit::Bucket {
                rate_per_second: ACCOUNT_RATE,
                burst: ACCOUNT_BURST,
            },
            status: reader.status(THROTTLED, 429),
            source: "API Gateway's default".to_owned(),
            origin: None,
        },
        concurrency: reader.concurrency()?,
        table: reader.table()?,
    })
}

/// The tier that a usage plan is.
fn tier_name(logical_id: &str) -> String {
    logical_id
        .strip_suffix("UsagePlan")
        .unwrap_or(logical_id)
        .to_lowercase()
}

struct Reader<'a> {
    templates: &'a Templates,
    flat: &'a Flat,
}

/// A resource of the flat template, and where it was written.
struct Resource<'a> {
    origin: &'a Origin,
    value: &'a Value,
}

impl<'a> Resource<'a> {
    fn at(&self, pointer: &str) -> Option<&'a Value> {
        self.value.pointer(&format!("/Properties{pointer}"))
    }

    fn number(&self, pointer: &str) -> Option<f64> {
        number_of(self.at(pointer)?)
    }

    fn text(&self, pointer: &str) -> Option<&'a str> {
        self.at(pointer)?.as_str()
    }

    fn list(&self, pointer: &str) -> &'a [Value] {
        let list = self.at(pointer).and_then(Value::as_array);
        list.map(Vec::as_slice).unwrap_or_default()
    }
}

impl<'a> Reader<'a> {
    fn of_type(&self, kind: &str) -> Vec<Resource<'a>> {
        let resources = self.flat.template.get("Resources");
        let resources = resources
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter(|(_, value)| value.get("Type").is_some_and(|one| one == kind));
        let found = resources.filter_map(|(id, value)| {
            let origin = self.flat.origins.get(id)?;
            Some(Resource { origin, value })
        });
        found.collect()
    }

    fn at_most_one(&self, kind: &str) -> Result<Option<Resource<'a>>> {
        let mut found = self.of_type(kind);
        match (found.pop(), found.len()) {
            (one, 0) => Ok(one),
            (_, others) => bail!(
                "the templates have {} resources `{kind}`, and requests pass only one",
                others + 1
            ),
        }
    }

    /// The function that answers requests: of several, the one that a method of the API names.
    fn answering(&self) -> Result<Resource<'a>> {
        const KIND: &str = "AWS::Lambda::Function";
        let mut functions = self.of_type(KIND);
        if functions.len() > 1 {
            let methods = self.of_type("AWS::ApiGateway::Method");
            let named = methods.iter().flat_map(|method| names_in(method.value));
            let named: BTreeSet<String> = named.collect();
            functions.retain(|function| {
                let Origin { stack, logical_id } = function.origin;
                named.contains(&format!("{stack}{logical_id}.Arn"))
            });
        }
        match (functions.pop(), functions.len()) {
            (Some(one), 0) => Ok(one),
            (None, _) => bail!("no method of the API names a `{KIND}` of the templates"),
            (Some(_), others) => bail!(
                "the API's methods name {} resources `{KIND}`, and requests pass only one",
                others + 1
            ),
        }
    }

    /// File and line of a property, or of what stands in its place.
    fn place(&self, resource: &Resource<'_>, pointer: &str) -> String {
        let template = self.templates.of_stack(&resource.origin.stack);
        let whole = format!(
            "/Resources/{}/Properties{pointer}",
            resource.origin.logical_id
        );
        let place = template
            .key(&whole)
            .or_else(|| template.resource(&resource.origin.logical_id));
        place.map_or_else(|| template.name().to_owned(), |place| place.file_and_line())
    }

    fn needed(&self, resource: &Resource<'_>, pointer: &str) -> Result<f64> {
        resource.number(pointer).with_context(|| {
            let place = self.place(resource, pointer);
            let name = pointer.rsplit('/').next().unwrap_or_default();
            format!("`{name}` comes to no number ({place})")
        })
    }

    /// A layer with the place of the property that `pointer` names.
    fn layer(
        &self,
        name: LayerName,
        limit: Limit,
        status: u16,
        resource: &Resource<'_>,
        pointer: &str,
    ) -> Layer {
        Layer {
            name,
            limit,
            status,
            source: self.place(resource, pointer),
            origin: Some(resource.origin.clone()),
        }
    }

    /// A rate and its burst.
    fn throttle(
        &self,
        name: LayerName,
        resource: &Resource<'_>,
        [rate, burst]: [&str; 2],
    ) -> Result<Layer> {
        let limit = Limit::Bucket {
            rate_per_second: self.needed(resource, rate)?,
            burst: self.needed(resource, burst)?,
        };
        let status = self.status(THROTTLED, 429);
        Ok(self.layer(name, limit, status, resource, rate))
    }

    /// Status of a gateway response; of the first of `kinds` that has one.
    fn status(&self, kinds: &[&str], default: u16) -> u16 {
        let responses = self.of_type("AWS::ApiGateway::GatewayResponse");
        let status = |kind: &&str| {
            let mut responses = responses.iter().rev();
            let is_it = |one: &&Resource<'_>| one.text("/ResponseType") == Some(*kind);
            responses
                .find(is_it)?
                .number("/StatusCode")
                .and_then(status_code)
        };
        kinds.iter().find_map(status).unwrap_or(default)
    }

    /// The blocking rate rule that lets one address have the least; one that only counts is none.
    fn waf(&self) -> Result<Option<Layer>> {
        let mut strictest: Option<(f64, Layer)> = None;
        for acl in self.of_type("AWS::WAFv2::WebACL") {
            for (index, rule) in acl.list("/Rules").iter().enumerate() {
                let statement = rule.pointer("/Statement/RateBasedStatement");
                let (Some(statement), Some(block)) = (statement, rule.pointer("/Action/Block"))
                else {
                    continue;
                };
                let by_address = statement.get("AggregateKeyType").and_then(Value::as_str);
                if !matches!(by_address, Some("IP" | "FORWARDED_IP")) {
                    continue;
                }
                let pointer = format!("/Rules/{index}/Statement/RateBasedStatement/Limit");
                let requests = self.needed(&acl, &pointer)?;
                let window = statement.get("EvaluationWindowSec").and_then(number_of);
                let window_seconds = window.unwrap_or(WAF_WINDOW);
                let own = block.pointer("/CustomResponse/ResponseCode");
                let status = own.and_then(number_of).and_then(status_code);
                let limit = Limit::Lookback {
                    requests,
                    window_seconds,
                };
                let status =
                    status.unwrap_or_else(|| self.status(&["WAF_FILTERED", "DEFAULT_4XX"], 403));
                let rate = requests / window_seconds;
                if strictest.as_ref().is_none_or(|(least, _)| rate < *least) {
                    let layer = self.layer(LayerName::Waf, limit, status, &acl, &pointer);
                    strictest = Some((rate, layer));
                }
            }
        }
        Ok(strictest.map(|(_, layer)| layer))
    }

    fn tiers(&self) -> Result<Vec<Tier>> {
        let mut tiers = Vec::new();
        for plan in self.of_type("AWS::ApiGateway::UsagePlan") {
            let throttle = match plan.at("/Throttle/RateLimit") {
                Some(_) => {
                    let pointers = ["/Throttle/RateLimit", "/Throttle/BurstLimit"];
                    Some(self.throttle(LayerName::TierThrottle, &plan, pointers)?)
                }
                None => None,
            };
            let quota = match plan.at("/Quota/Limit") {
                Some(_) => {
                    let limit = Limit::Window {
                        requests: self.needed(&plan, "/Quota/Limit")?,
                        window_seconds: self.period(&plan)?,
                    };
                    let status = self.status(&["QUOTA_EXCEEDED", "DEFAULT_4XX"], 429);
                    Some(self.layer(LayerName::TierQuota, limit, status, &plan, "/Quota/Limit"))
                }
                None => None,
            };
            tiers.push(Tier {
                name: tier_name(&plan.origin.logical_id),
                throttle,
                quota,
            });
        }
        // The smallest first, as people list them.
        let rate = |tier: &Tier| match tier.throttle.as_ref().map(|throttle| throttle.limit) {
            Some(Limit::Bucket {
                rate_per_second, ..
            }) => rate_per_second,
            _ => f64::INFINITY,
        };
        tiers.sort_by(|left, right| rate(left).total_cmp(&rate(right)));
        Ok(tiers)
    }

    /// A month is taken for 30 days.
    fn period(&self, plan: &Resource<'_>) -> Result<f64> {
        let days = match plan.text("/Quota/Period") {
            Some("DAY") => 1.0,
            Some("WEEK") => 7.0,
            Some("MONTH") => 30.0,
            _ => {
                let place = self.place(plan, "/Quota/Period");
                bail!("a quota's `Period` is DAY, WEEK or MONTH ({place})")
            }
        };
        Ok(days * 86_400.0)
    }

    /// The setting of all methods; one of a single method is not looked for.
    fn stage(&self) -> Result<Option<Layer>> {
        let Some(stage) = self.at_most_one("AWS::ApiGateway::Stage")? else {
            return Ok(None);
        };
        let index = stage.list("/MethodSettings").iter().position(|one| {
            let is = |key: &str, wanted: &str| one.get(key).is_some_and(|value| value == wanted);
            is("ResourcePath", "/*")
                && is("HttpMethod", "*")
                && one.get("ThrottlingRateLimit").is_some()
        });
        let Some(index) = index else {
            return Ok(None);
        };
        let pointer = |name: &str| format!("/MethodSettings/{index}/{name}");
        let pointers = ["ThrottlingRateLimit", "ThrottlingBurstLimit"].map(pointer);
        let pointers = pointers.each_ref().map(String::as_str);
        Ok(Some(self.throttle(
            LayerName::StageThrottle,
            &stage,
            pointers,
        )?))
    }

    fn concurrency(&self) -> Result<Layer> {
        let function = self.answering()?;
        let pointer = "/ReservedConcurrentExecutions";
        let status = self.status(&["DEFAULT_5XX"], NO_EXECUTION);
        let of = |executions| {
            let limit = Limit::Slots { executions };
            self.layer(LayerName::Concurrency, limit, status, &function, pointer)
        };
        Ok(match function.at(pointer) {
            Some(_) => of(self.needed(&function, pointer)?),
            None => Layer {
                source: "Lambda's default".to_owned(),
                ..of(ACCOUNT_CONCURRENCY)
            },
        })
    }

    /// Ids differ, so that the writes are spread over the table; one partition takes 1000 units.
    fn table(&self) -> Result<Option<Layer>> {
        let Some(table) = self.at_most_one("AWS::DynamoDB::Table")? else {
            return Ok(None);
        };
        let (units_per_second, burst) = match table.text("/BillingMode") {
            Some("PAY_PER_REQUEST") => {
                let warm = table.number("/WarmThroughput/WriteUnitsPerSecond");
                let most = table.number("/OnDemandThroughput/MaxWriteRequestUnits");
                let units = warm.unwrap_or(0.0).max(NEW_TABLE_WRITES);
                let units = most.map_or(units, |most| most.min(units));
                // How much of what was not used is saved is not documented for this mode; a
                // second's worth makes the prediction a careful one.
                (units, units)
            }
            _ => {
                let units = self.needed(&table, "/ProvisionedThroughput/WriteCapacityUnits")?;
                (units, units * SAVED_SECONDS)
            }
        };
        let limit = Limit::Writes {
            units_per_second,
            burst,
        };
        let table = self.layer(LayerName::Table, limit, NO_WRITE, &table, "/BillingMode");
        Ok(Some(table))
    }
}

fn status_code(number: f64) -> Option<u16> {
    number.to_string().parse().ok()
}
