//! The resources of all stacks as one template, and questions about it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::graph::service::{Service, TYPES, service};
use cfnkit_template::flattening::{Flat, GITHUB, Templates};
use cfnkit_template::references::names_in;

pub(super) struct Reader<'a> {
    pub(super) templates: &'a Templates,
    pub(super) flat: &'a Flat,
}

impl Reader<'_> {
    /// Those of the service; how it is deployed is no part of it.
    pub(super) fn resources(&self) -> impl Iterator<Item = (&str, &Value)> {
        let resources = self.flat.template["Resources"].as_object();
        let resources = resources.into_iter().flatten();
        let resources = resources.map(|(id, resource)| (id.as_str(), resource));
        resources.filter(|(id, _)| {
            let origin = self.flat.origins.get(*id);
            origin.is_none_or(|origin| origin.stack != GITHUB)
        })
    }

    pub(super) fn of_type<'s>(
        &'s self,
        wanted: &'s str,
    ) -> impl Iterator<Item = (&'s str, &'s Value)> {
        self.resources()
            .filter(move |(_, resource)| resource["Type"] == wanted)
    }

    pub(super) fn service(&self, id: &str) -> Option<Service> {
        let resource = &self.flat.template["Resources"][id];
        service(resource["Type"].as_str()?)
    }

    /// `3 roles, 2 policies`: the resources of a service, those that are optional said to be so.
    pub(super) fn counts(&self, service: Service, left_out: &[&str]) -> Vec<String> {
        let types = TYPES.iter().filter(|one| one.service == service);
        let types = types.filter(|one| !left_out.contains(&one.name));
        let mut counts = Vec::new();
        for one in types {
            let ids: Vec<&str> = self.of_type(one.name).map(|(id, _)| id).collect();
            let optional = ids.iter().filter(|id| self.is_optional(id)).count();
            let noun = match (ids.len(), one.noun.strip_suffix('y')) {
                (0, _) => continue,
                (1, _) => one.noun.to_owned(),
                (count, Some(stem)) if !one.noun.ends_with("ey") => format!("{count} {stem}ies"),
                (count, _) => format!("{count} {}s", one.noun),
            };
            counts.push(match optional {
                0 => noun,
                all if all == ids.len() => format!("{noun} (optional)"),
                some => format!("{noun} ({some} optional)"),
            });
        }
        counts
    }

    fn is_optional(&self, id: &str) -> bool {
        let Some(origin) = self.flat.origins.get(id) else {
            return false;
        };
        let template = self.templates.of_stack(&origin.stack);
        let mut resources = template.resources();
        resources.any(|(name, resource)| {
            name == origin.logical_id && resource.get("Condition").is_some()
        })
    }

    /// The services whose resources refer to one of the service.
    pub(super) fn users(&self, used: Service) -> BTreeSet<Service> {
        let mut users = BTreeSet::new();
        for (id, resource) in self.resources() {
            let names = names_in(resource);
            let ids = names.iter().filter_map(|name| name.split('.').next());
            if ids.filter_map(|id| self.service(id)).any(|one| one == used) {
                users.extend(self.service(id).filter(|user| *user != used));
            }
        }
        users
    }
}

/// The parts of `value` that the path names, `*` for every item.
pub(super) fn at<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut values = vec![value];
    for key in path.split('/') {
        values = match key {
            "*" => values
                .into_iter()
                .filter_map(Value::as_array)
                .flatten()
                .collect(),
            key => values
                .into_iter()
                .filter_map(|value| value.get(key))
                .collect(),
        };
    }
    values
}

/// The flat logical IDs that a property of a resource refers to.
pub(super) fn named(resource: &Value, path: &str) -> Vec<String> {
    let values = resource
        .get("Properties")
        .map(|properties| at(properties, path));
    let names = values.into_iter().flatten().flat_map(names_in);
    names
        .map(|name| name.split('.').next().unwrap_or_default().to_owned())
        .collect()
}
