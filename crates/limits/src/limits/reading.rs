//! The layers as the templates and a stage's parameters have them. Only what AWS fixes, and what
//! the handler answers, is a number here.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use snafu::whatever;

use super::{Layer, LayerName, Layers, Limit, Tier};
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

/// What the handler answers when the table refuses.
const NO_WRITE: u16 = 503;

/// What `templates` and the root's parameters `chosen` come to.
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
            status: reader.status(&["THROTTLED", "DEFAULT_4XX"], 429),
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

impl Resource<'_> {
    fn number(&self, pointer: &str) -> Option<f64> {
        number_of(self.value.pointer(&format!("/Properties{pointer}"))?)
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
            (_, others) => whatever!(
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
            (None, _) => whatever!("no method of the API names a `{KIND}` of the templates"),
            (Some(_), others) => whatever!(
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

    /// Status of a gateway response; of the first of `kinds` that has one.
    fn status(&self, kinds: &[&str], default: u16) -> u16 {
        let responses: BTreeMap<&str, u16> = self
            .of_type("AWS::ApiGateway::GatewayResponse")
            .into_iter()
            .filter_map(|response| {
                let properties = response.value.get("Properties")?;
                let kind = properties.get("ResponseType")?.as_str()?;
                let status = number_of(properties.get("StatusCode")?)?;
                Some((kind, status_code(status)?))
            })
            .collect();
        let mut found = kinds.iter().filter_map(|kind| responses.get(kind));
        found.next().copied().unwrap_or(default)
    }

    /// The blocking rate rule that lets one address have the least; one that only counts is none.
    fn waf(&self) -> Result<Option<Layer>> {
        let mut strictest: Option<(f64, Layer)> = None;
        for acl in self.of_type("AWS::WAFv2::WebACL") {
            let rules = acl.value.pointer("/Properties/Rules");
            let rules = rules.and_then(Value::as_array).into_iter().flatten();
            for (index, rule) in rules.enumerate() {
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
                let layer = Layer {
                    name: LayerName::Waf,
                    limit: Limit::Lookback {
                        requests,
                        window_seconds,
                    },
                    status: status
                        .unwrap_or_else(|| self.status(&["WAF_FILTERED", "DEFAULT_4XX"], 403)),
                    source: self.place(&acl, &pointer),
                    origin: Some(acl.origin.clone()),
                };
                let rate = requests / window_seconds;
                if strictest.as_ref().is_none_or(|(least, _)| rate < *least) {
                    strictest = Some((rate, layer));
                }
            }
        }
        Ok(strictest.map(|(_, layer)| layer))
    }

    fn tiers(&self) -> Result<Vec<Tier>> {
        let mut tiers = Vec::new();
        for plan in self.of_type("AWS::ApiGateway::UsagePlan") {
            let has = |part: &str| plan.value.pointer(&format!("/Properties/{part}")).is_some();
            let throttle = match has("Throttle/RateLimit") {
                true => Some(Layer {
                    name: LayerName::TierThrottle,
                    limit: Limit::Bucket {
                        rate_per_second: self.needed(&plan, "/Throttle/RateLimit")?,
                        burst: self.needed(&plan, "/Throttle/BurstLimit")?,
                    },
                    status: self.status(&["THROTTLED", "DEFAULT_4XX"], 429),
                    source: self.place(&plan, "/Throttle/RateLimit"),
                    origin: Some(plan.origin.clone()),
                }),
                false => None,
            };
            let quota = match has("Quota/Limit") {
                true => Some(Layer {
                    name: LayerName::TierQuota,
                    limit: Limit::Window {
                        requests: self.needed(&plan, "/Quota/Limit")?,
                        window_seconds: self.period(&plan)?,
                    },
                    status: self.status(&["QUOTA_EXCEEDED", "DEFAULT_4XX"], 429),
                    source: self.place(&plan, "/Quota/Limit"),
                    origin: Some(plan.origin.clone()),
                }),
                false => None,
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
        let period = plan.value.pointer("/Properties/Quota/Period");
        let days = match period.and_then(Value::as_str) {
            Some("DAY") => 1.0,
            Some("WEEK") => 7.0,
            Some("MONTH") => 30.0,
            _ => {
                let place = self.place(plan, "/Quota/Period");
                whatever!("a quota's `Period` is DAY, WEEK or MONTH ({place})")
            }
        };
        Ok(days * 86_400.0)
    }

    /// The setting of all methods; one of a single method is not looked for.
    fn stage(&self) -> Result<Option<Layer>> {
        let Some(stage) = self.at_most_one("AWS::ApiGateway::Stage")? else {
            return Ok(None);
        };
        let settings = stage.value.pointer("/Properties/MethodSettings");
        let mut settings = settings.and_then(Value::as_array).into_iter().flatten();
        let index = settings.position(|one| {
            let is = |key: &str, wanted: &str| one.get(key).is_some_and(|value| value == wanted);
            is("ResourcePath", "/*")
                && is("HttpMethod", "*")
                && one.get("ThrottlingRateLimit").is_some()
        });
        let Some(index) = index else {
            return Ok(None);
        };
        let pointer = |name: &str| format!("/MethodSettings/{index}/{name}");
        Ok(Some(Layer {
            name: LayerName::StageThrottle,
            limit: Limit::Bucket {
                rate_per_second: self.needed(&stage, &pointer("ThrottlingRateLimit"))?,
                burst: self.needed(&stage, &pointer("ThrottlingBurstLimit"))?,
            },
            status: self.status(&["THROTTLED", "DEFAULT_4XX"], 429),
            source: self.place(&stage, &pointer("ThrottlingRateLimit")),
            origin: Some(stage.origin.clone()),
        }))
    }

    fn concurrency(&self) -> Result<Layer> {
        let function = self.answering()?;
        let pointer = "/ReservedConcurrentExecutions";
        let is_reserved = function
            .value
            .pointer("/Properties/ReservedConcurrentExecutions")
            .is_some();
        let (executions, source) = match is_reserved {
            true => (
                self.needed(&function, pointer)?,
                self.place(&function, pointer),
            ),
            false => (ACCOUNT_CONCURRENCY, "Lambda's default".to_owned()),
        };
        Ok(Layer {
            name: LayerName::Concurrency,
            limit: Limit::Slots { executions },
            status: self.status(&["DEFAULT_5XX"], NO_EXECUTION),
            source,
            origin: Some(function.origin.clone()),
        })
    }

    /// Ids differ, so that the writes are spread over the table; one partition takes 1000 units.
    fn table(&self) -> Result<Option<Layer>> {
        let Some(table) = self.at_most_one("AWS::DynamoDB::Table")? else {
            return Ok(None);
        };
        let mode = table.value.pointer("/Properties/BillingMode");
        let limit = match mode.and_then(Value::as_str) {
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
        Ok(Some(Layer {
            name: LayerName::Table,
            limit: Limit::Writes {
                units_per_second: limit.0,
                burst: limit.1,
            },
            status: NO_WRITE,
            source: self.place(&table, "/BillingMode"),
            origin: Some(table.origin.clone()),
        }))
    }
}

fn status_code(number: f64) -> Option<u16> {
    number.to_string().parse().ok()
}
