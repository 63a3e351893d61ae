//! What a checker found, where in the repository, and the waivers that are written there.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use cfnkit_template::flattening::Flat;
use cfnkit_template::source::Place;
use cfnkit_template::template::Template;
use cfnkit_template::templates::Templates;

/// One thing that a checker would have otherwise.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Finding {
    /// As its checker calls it.
    pub rule: String,
    /// File and line in the repository.
    pub(crate) place: String,
    pub(crate) message: String,
    /// Why it stays, from the resource's `Metadata`.
    pub(crate) waiver: Option<String>,
}

/// What a checker says of a flat template, whose logical IDs are not the repository's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remark {
    /// As its checker calls it.
    pub rule: String,
    pub(crate) message: String,
    /// The flat logical ID; `None` where something is missing.
    pub resource: Option<String>,
    /// Where the rule is written, if it is ours.
    pub(crate) rule_place: Option<String>,
}

/// What one checker says of one template.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Opinion {
    /// Rules, or checks of a resource, that hold.
    pub(crate) passed: usize,
    /// Rules, or checks of a resource, that do not hold.
    pub remarks: BTreeSet<Remark>,
}

/// A `Waivers` entry, by the resource's template and logical ID and by the rule.
#[derive(Debug)]
struct Waiver {
    reason: Option<String>,
    place: String,
    is_used: bool,
}

/// Every waiver of the repository's templates.
#[derive(Debug, Default)]
pub struct Waivers {
    by_key: BTreeMap<(String, String, String), Waiver>,
}

impl Waivers {
    /// Reads `Metadata: Waivers:` of every resource: a list of `Rule` and `Reason`.
    pub fn read<'a>(templates: impl IntoIterator<Item = &'a Template>) -> Self {
        let mut by_key = BTreeMap::new();
        for template in templates {
            for (logical_id, resource) in template.resources() {
                let listed = resource.pointer("/Metadata/Waivers");
                let listed = listed.and_then(Value::as_array).into_iter().flatten();
                for (index, entry) in listed.enumerate() {
                    let text = |key: &str| entry.get(key).and_then(Value::as_str);
                    let pointer = format!("/Resources/{logical_id}/Metadata/Waivers/{index}");
                    let rule = text("Rule").unwrap_or_default().to_owned();
                    let reason = text("Reason")
                        .map(str::trim)
                        .filter(|text| !text.is_empty());
                    let waiver = Waiver {
                        reason: reason.map(str::to_owned),
                        place: shown(template.value_at(&pointer)),
                        is_used: false,
                    };
                    let key = (template.name().to_owned(), logical_id.to_owned(), rule);
                    by_key.insert(key, waiver);
                }
            }
        }
        Self { by_key }
    }

    /// Those of the rules that `is_asked` is true of; whoever checks the others, complains of them.
    pub fn only(mut self, is_asked: impl Fn(&str) -> bool) -> Self {
        self.by_key.retain(|(_, _, rule), _| is_asked(rule));
        self
    }

    /// The finding about a resource, waived if the resource says so.
    pub fn finding(
        &mut self,
        template: &Template,
        logical_id: &str,
        rule: &str,
        message: &str,
    ) -> Finding {
        let key = (
            template.name().to_owned(),
            logical_id.to_owned(),
            rule.to_owned(),
        );
        let waiver = self.by_key.get_mut(&key).and_then(|waiver| {
            waiver.is_used = true;
            waiver.reason.clone()
        });
        Finding {
            rule: rule.to_owned(),
            place: shown(template.resource(logical_id)),
            message: message.to_owned(),
            waiver,
        }
    }

    /// The finding that a remark is, seen from the repository.
    pub(crate) fn finding_of(
        &mut self,
        templates: &Templates,
        flat: &Flat,
        remark: &Remark,
    ) -> Finding {
        let origin = remark.resource.as_ref().and_then(|id| flat.origins.get(id));
        match origin {
            Some(origin) => {
                let template = templates.of_stack(&origin.stack);
                self.finding(template, &origin.logical_id, &remark.rule, &remark.message)
            }
            None => Finding {
                rule: remark.rule.clone(),
                place: remark.rule_place.clone().unwrap_or_default(),
                message: remark.message.clone(),
                waiver: None,
            },
        }
    }

    /// Waivers without a reason, and those that nothing was found for: both are findings.
    pub(crate) fn complaints(&self) -> Vec<Finding> {
        let complaint = |rule: &str, waiver: &Waiver, message: &str| Finding {
            rule: "waiver".to_owned(),
            place: waiver.place.clone(),
            message: format!("`{rule}` {message}"),
            waiver: None,
        };
        let complaints = self.by_key.iter().filter_map(|((_, _, rule), waiver)| {
            if waiver.reason.is_none() {
                return Some(complaint(rule, waiver, "is waived without a `Reason`"));
            }
            (!waiver.is_used).then(|| {
                complaint(
                    rule,
                    waiver,
                    "is waived, but nothing is found; remove the waiver",
                )
            })
        });
        complaints.collect()
    }
}

fn shown(place: Option<Place>) -> String {
    place.map(|place| place.file_and_line()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
Resources:
  Table:
    Type: T
    Metadata:
      Waivers:
        - Rule: CKV_1
          Reason: It is empty.
        - Rule: CKV_2
        - Rule: CKV_3
          Reason: Never found.
";

    #[test]
    fn a_waiver_needs_a_reason_and_something_to_waive() {
        let template = Template::parse("infra/cfn/data.yaml", TEXT.to_owned()).unwrap();
        let mut waivers = Waivers::read([&template]);
        let found = |waivers: &mut Waivers, rule| {
            waivers.finding(&template, "Table", rule, "is weak").waiver
        };
        assert_eq!(
            found(&mut waivers, "CKV_1").as_deref(),
            Some("It is empty.")
        );
        assert_eq!(found(&mut waivers, "CKV_2"), None);
        assert_eq!(found(&mut waivers, "CKV_4"), None);
        let complaints: Vec<String> = waivers
            .complaints()
            .into_iter()
            .map(|one| format!("{} {}", one.place, one.message))
            .collect();
        assert_eq!(
            complaints,
            [
                "infra/cfn/data.yaml:8 `CKV_2` is waived without a `Reason`",
                "infra/cfn/data.yaml:9 `CKV_3` is waived, but nothing is found; remove the waiver",
            ]
        );
    }
}
