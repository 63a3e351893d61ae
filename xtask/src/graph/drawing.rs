//! The graph as a picture: every stack a box with its resources, and an arrow per reference.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::layout::{Layout, layout};
use super::svg::{Anchor, Area, Svg, width};
use super::{Graph, Kind, Resource, Stack};

/// Colours of the stacks, in their order: rim on a light and on a dark page.
const COLOURS: [(&str, &str); 7] = [
    ("#7a3fc4", "#b48ef0"),
    ("#0b7a75", "#4cc3bd"),
    ("#2e5fcc", "#7ea6ff"),
    ("#b55a00", "#f0a04b"),
    ("#c7331b", "#ff8a73"),
    ("#3d7a22", "#83c463"),
    ("#b0376f", "#f07fb2"),
];

const STYLE: &str = "\
svg { --page: #ffffff; --ink: #1f2933; --soft: #525f6c; --box: #ffffff; --edge: #8793a0; }
@media (prefers-color-scheme: dark) {
svg { --page: #0d1117; --ink: #e6edf3; --soft: #a3afbb; --box: #161b22; --edge: #76828e; }
}
.page { fill: var(--page); }
.stack { fill: var(--own); fill-opacity: 0.07; stroke: var(--own); stroke-width: 1.5; }
.heading { fill: var(--own); font-size: 18px; font-weight: 700; }
.box { fill: var(--box); stroke: var(--own); stroke-width: 1.3; }
.conditional { stroke-dasharray: 5 3; }
.name { fill: var(--ink); font-size: 13px; font-weight: 600; }
.type { fill: var(--soft); font-size: 11px; }
.edge { fill: none; stroke: var(--edge); stroke-width: 1.2; marker-end: url(#tip); }
.parameter { stroke: var(--own); stroke-width: 1.5; }
.depends { stroke-dasharray: 2 4; }
#tip path { fill: var(--edge); fill: context-stroke; }
";

const TIP: &str = "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" \
                   markerUnits=\"userSpaceOnUse\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">\
                   <path d=\"M0 1L8 4L0 7Z\"/></marker></defs>";

const HEIGHT: f64 = 42.0;
const PADDING: f64 = 10.0;

pub(crate) fn svg(graph: &Graph) -> anyhow::Result<String> {
    let mut sizes = BTreeMap::new();
    for (stack, resource) in resources(graph) {
        sizes.insert(name_of(stack, resource), size(resource));
    }
    let layout = layout(graph, |name| sizes.get(name).copied().unwrap_or_default())?;
    let page = (layout.width, layout.height);
    let mut svg = Svg::new(page, &title(graph), &description(graph), &style(graph));
    svg.raw(TIP);
    let whole = Area {
        width: page.0,
        height: page.1,
        ..Area::default()
    };
    svg.rect("page", whole, 0.0);
    for (index, stack) in graph.stacks.iter().enumerate() {
        let Some(area) = layout.stacks.get(&stack.name).copied() else {
            continue;
        };
        svg.open(&class("group", index));
        svg.rect("stack", area, 10.0);
        let place = (area.x + 14.0, area.y + 24.0);
        svg.text("heading", place, Anchor::Start, &stack.name);
        svg.close();
    }
    draw_arrows(&mut svg, graph, &layout);
    for (index, stack) in graph.stacks.iter().enumerate() {
        svg.open(&class("resources", index));
        for resource in &stack.resources {
            let area = layout.boxes.get(&name_of(stack, resource));
            draw_box(&mut svg, resource, area.copied().unwrap_or_default());
        }
        svg.close();
    }
    Ok(svg.finish())
}

fn draw_arrows(svg: &mut Svg, graph: &Graph, layout: &Layout) {
    for (edge, path) in graph.edges.iter().zip(&layout.arrows) {
        let to = |stack: &Stack| stack.name == edge.to.stack;
        let stack = graph.stacks.iter().position(to).unwrap_or_default();
        // Arrows to another stack have its colour, so that they can be told apart on their way.
        let kind = match edge.kind {
            Kind::Reference => "edge".to_owned(),
            Kind::DependsOn => "edge depends".to_owned(),
            Kind::Parameter => class("edge parameter", stack),
        };
        svg.open("arrow");
        svg.hint(&format!("{} -> {}", edge.from, edge.to));
        svg.path(&kind, path);
        svg.close();
    }
}

fn draw_box(svg: &mut Svg, resource: &Resource, area: Area) {
    let class = match &resource.condition {
        Some(_) => "box conditional",
        None => "box",
    };
    svg.open("resource");
    if let Some(condition) = &resource.condition {
        svg.hint(&format!("{}, if {condition}", resource.logical_id));
    }
    svg.rect(class, area, 6.0);
    let x = area.x + PADDING;
    let (name, r#type) = (&resource.logical_id, short(&resource.r#type));
    svg.text("name", (x, area.y + 18.0), Anchor::Start, name);
    svg.text("type", (x, area.y + 33.0), Anchor::Start, r#type);
    svg.close();
}

fn resources(graph: &Graph) -> impl Iterator<Item = (&Stack, &Resource)> {
    let stacks = graph.stacks.iter();
    stacks.flat_map(|stack| {
        stack
            .resources
            .iter()
            .map(move |resource| (stack, resource))
    })
}

fn name_of(stack: &Stack, resource: &Resource) -> String {
    format!("{}.{}", stack.name, resource.logical_id)
}

fn size(resource: &Resource) -> (f64, f64) {
    let name = width(&resource.logical_id, 13.0, true);
    let r#type = width(short(&resource.r#type), 11.0, false);
    (name.max(r#type) + 2.0 * PADDING, HEIGHT)
}

fn short(r#type: &str) -> &str {
    r#type.strip_prefix("AWS::").unwrap_or(r#type)
}

fn class(name: &str, index: usize) -> String {
    format!("{name} colour-{}", index % COLOURS.len())
}

fn style(graph: &Graph) -> String {
    let mut style = STYLE.to_owned();
    let used = graph.stacks.len().min(COLOURS.len());
    for (index, (light, _)) in COLOURS.iter().enumerate().take(used) {
        let _ = writeln!(style, ".colour-{index} {{ --own: {light}; }}");
    }
    style += "@media (prefers-color-scheme: dark) {\n";
    for (index, (_, dark)) in COLOURS.iter().enumerate().take(used) {
        let _ = writeln!(style, ".colour-{index} {{ --own: {dark}; }}");
    }
    style + "}\n"
}

fn title(graph: &Graph) -> String {
    let names: Vec<&str> = graph.stacks.iter().map(|one| one.name.as_str()).collect();
    format!("Resources of {} and their references", names.join(", "))
}

fn description(graph: &Graph) -> String {
    format!(
        "{} resources in {} stacks. Each of the {} arrows leads from a resource to one that it \
         refers to; coloured ones through parameters to another stack, dotted ones where it \
         only waits.",
        resources(graph).count(),
        graph.stacks.len(),
        graph.edges.len(),
    )
}
