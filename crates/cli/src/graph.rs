//! The resources of all stacks and what refers to what, through the root's parameters and the
//! outputs of other stacks. It knows the templates, and neither how a graph is drawn nor AWS.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use cfnkit_template::references::names_in;
use cfnkit_template::template::Template;
use cfnkit_template::templates::{BOOTSTRAP, GITHUB, Templates};

pub(crate) mod mermaid;
#[cfg(test)]
mod tests;

/// The graph as data; it prints as Mermaid and as this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Graph {
    /// The stacks, by their logical ID in the root; the one of `bootstrap.yaml` is `Bootstrap`,
    /// that of `github-oidc.yaml` is `Github`.
    pub stacks: Vec<Stack>,
    /// The references, by where they start and end.
    pub edges: Vec<Edge>,
}

/// A stack and its resources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stack {
    /// Logical ID of the stack.
    pub name: String,
    /// File of its template.
    pub template: String,
    /// In the order of the template.
    pub resources: Vec<Resource>,
}

/// A resource as its template declares it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// Logical ID in its stack.
    pub logical_id: String,
    /// CloudFormation's type, as in `AWS::DynamoDB::Table`.
    pub r#type: String,
    /// The condition it is made under, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) condition: Option<String>,
}

/// A resource that refers to another one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Edge {
    /// The resource that refers.
    #[schemars(with = "String")]
    pub from: Id,
    /// The resource that is referred to, which exists before the other.
    #[schemars(with = "String")]
    pub to: Id,
    /// What makes the reference.
    pub kind: Kind,
}

/// A resource's stack and logical ID; printed as `Data.Table`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id {
    /// The root's logical ID of the stack, `Bootstrap` or `Github`.
    pub stack: String,
    /// In the stack's template.
    pub logical_id: String,
}

/// Where one resource refers to another in several ways, the first of these counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// `Ref`, `Fn::GetAtt` or `Fn::Sub` in the same template.
    Reference,
    /// A parameter that another stack's output feeds.
    Parameter,
    /// `DependsOn`.
    DependsOn,
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.stack, self.logical_id)
    }
}

impl Serialize for Id {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Graph {
    /// Every resource, and every reference between two of them.
    pub fn of(templates: &Templates) -> Self {
        let tracer = Tracer { templates };
        let names: Vec<&str> = templates.stacks().collect();
        let stacks = names.iter().map(|stack| tracer.stack(stack)).collect();
        let mut edges: BTreeMap<(Id, Id), Kind> = BTreeMap::new();
        for stack in names {
            for (from, to, kind) in tracer.edges(stack) {
                let known = edges.entry((from, to)).or_insert(kind);
                *known = kind.min(*known);
            }
        }
        let edges = edges.into_iter();
        Self {
            stacks,
            edges: edges
                .map(|((from, to), kind)| Edge { from, to, kind })
                .collect(),
        }
    }

    /// One stack, and of the others what it has to do with; `None` where there is no such stack.
    pub(crate) fn around(&self, stack: &str) -> Option<Self> {
        self.stacks.iter().find(|one| one.name == stack)?;
        let touches = |edge: &&Edge| edge.from.stack == stack || edge.to.stack == stack;
        let edges: Vec<Edge> = self.edges.iter().filter(touches).cloned().collect();
        let named: BTreeSet<(&str, &str)> = edges
            .iter()
            .flat_map(|edge| [&edge.from, &edge.to])
            .map(|id| (id.stack.as_str(), id.logical_id.as_str()))
            .collect();
        let mut stacks = self.stacks.clone();
        for one in stacks.iter_mut().filter(|one| one.name != stack) {
            let name = one.name.clone();
            one.resources
                .retain(|resource| named.contains(&(name.as_str(), resource.logical_id.as_str())));
        }
        stacks.retain(|one| !one.resources.is_empty());
        Some(Self { stacks, edges })
    }
}

struct Tracer<'a> {
    templates: &'a Templates,
}

impl Tracer<'_> {
    fn stack(&self, name: &str) -> Stack {
        let template = self.templates.of_stack(name);
        let text =
            |resource: &Value, key| resource.get(key).and_then(Value::as_str).map(str::to_owned);
        let resources = template.resources().map(|(logical_id, resource)| Resource {
            logical_id: logical_id.to_owned(),
            r#type: text(resource, "Type").unwrap_or_default(),
            condition: text(resource, "Condition"),
        });
        Stack {
            name: name.to_owned(),
            template: template.name().to_owned(),
            resources: resources.collect(),
        }
    }

    fn edges(&self, stack: &str) -> Vec<(Id, Id, Kind)> {
        let mut edges = Vec::new();
        for (logical_id, resource) in self.templates.of_stack(stack).resources() {
            let from = id(stack, logical_id);
            let mut found = BTreeSet::new();
            for name in names_in(resource) {
                self.trace(stack, &name, &mut found);
            }
            for to in found {
                let kind = match to.stack == stack {
                    true => Kind::Reference,
                    false => Kind::Parameter,
                };
                edges.push((from.clone(), to, kind));
            }
            let waits_for = match resource.get("DependsOn") {
                Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
                Some(Value::String(name)) => vec![name.as_str()],
                _ => Vec::new(),
            };
            let waits_for = waits_for.into_iter().map(|name| id(stack, name));
            edges.extend(waits_for.map(|to| (from.clone(), to, Kind::DependsOn)));
        }
        // A policy may name the resource that it is part of.
        edges.retain(|(from, to, _)| from != to);
        edges
    }

    /// The resources that a name of a stack's template stands for.
    fn trace(&self, stack: &str, name: &str, found: &mut BTreeSet<Id>) {
        let name = name.split('.').next().unwrap_or(name);
        let template = self.templates.of_stack(stack);
        if has(template, "Resources", name) {
            found.insert(id(stack, name));
            return;
        }
        if stack == GITHUB {
            return self.trace_supplied(name, found);
        }
        let passed = self.templates.root.value();
        let passed = passed.pointer(&format!("/Resources/{stack}/Properties/Parameters/{name}"));
        for name in passed.map(names_in).unwrap_or_default() {
            self.trace_in_root(&name, found);
        }
    }

    fn trace_in_root(&self, name: &str, found: &mut BTreeSet<Id>) {
        let parts: Vec<&str> = name.splitn(3, '.').collect();
        let (stack, output) = match parts.as_slice() {
            [stack, "Outputs", output] => (*stack, *output),
            [parameter] => return self.trace_supplied(parameter, found),
            _ => return,
        };
        self.trace_output(stack, output, found);
    }

    /// What nothing in the templates passes comes from a stack on its own: the tool passes its
    /// outputs as the parameters that have their names.
    fn trace_supplied(&self, name: &str, found: &mut BTreeSet<Id>) {
        let github = self.templates.github.as_ref().map(|_| GITHUB);
        for stack in [BOOTSTRAP].into_iter().chain(github) {
            self.trace_output(stack, name, found);
        }
    }

    fn trace_output(&self, stack: &str, output: &str, found: &mut BTreeSet<Id>) {
        let template = self.templates.of_stack(stack);
        let value = template
            .value()
            .pointer(&format!("/Outputs/{output}/Value"));
        for name in value.map(names_in).unwrap_or_default() {
            self.trace(stack, &name, found);
        }
    }
}

fn has(template: &Template, section: &str, name: &str) -> bool {
    let section = template.value().get(section);
    section.is_some_and(|section| section.get(name).is_some())
}

fn id(stack: &str, logical_id: &str) -> Id {
    Id {
        stack: stack.to_owned(),
        logical_id: logical_id.to_owned(),
    }
}
