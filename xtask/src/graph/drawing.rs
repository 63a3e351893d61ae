//! The graph as a picture: dagre's layout, each stack in a box of its own.

use dugong::graphlib::{Graph as Layout, GraphOptions};
use dugong::{EdgeLabel, GraphLabel, NodeLabel, RankDir};

use super::svg::{Anchor, Area, Svg, number, width};
use super::{Graph, Id, Kind};

const STYLE: &str = "\
:root { --page: #fff; --ink: #1f2933; --soft: #56616e; --box: #fff; --edge: #7b8794; }
.page { fill: var(--page); }
.stack { fill: var(--stack); stroke: var(--rim); stroke-width: 1.5; }
.stack-name { fill: var(--ink); font-size: 20px; font-weight: 700; }
.box { fill: var(--box); stroke: var(--rim); stroke-width: 1.2; }
.conditional { stroke-dasharray: 5 3; }
.name { fill: var(--ink); font-size: 13px; font-weight: 600; }
.type { fill: var(--soft); font-size: 11px; }
.edge { fill: none; stroke: var(--edge); stroke-width: 1.2; }
.parameter { stroke: var(--across); stroke-width: 1.6; }
.depends { stroke-dasharray: 2 4; }
.tip { fill: var(--edge); stroke: none; }
";

const ROW: f64 = 42.0;
const NAME: f64 = 13.0;
const TYPE: f64 = 11.0;
const PADDING: f64 = 10.0;

pub(crate) fn svg(graph: &Graph) -> anyhow::Result<String> {
    let mut layout: Layout<NodeLabel, EdgeLabel, GraphLabel> = Layout::new(GraphOptions {
        directed: true,
        multigraph: false,
        compound: true,
        ..GraphOptions::default()
    });
    layout.set_default_edge_label(EdgeLabel::default);
    layout.set_graph(GraphLabel {
        rankdir: RankDir::LR,
        nodesep: 14.0,
        ranksep: 60.0,
        edgesep: 8.0,
        marginx: 24.0,
        marginy: 24.0,
        ..GraphLabel::default()
    });
    for stack in &graph.stacks {
        layout.set_node(stack.name.as_str(), NodeLabel::default());
        for resource in &stack.resources {
            let id = format!("{}.{}", stack.name, resource.logical_id);
            let name = width(&resource.logical_id, NAME, true);
            let r#type = width(short(&resource.r#type), TYPE, false);
            let label = NodeLabel {
                width: name.max(r#type) + 2.0 * PADDING,
                height: ROW,
                ..NodeLabel::default()
            };
            layout.set_node(id.as_str(), label);
            layout.set_parent(id, stack.name.as_str());
        }
    }
    for edge in &graph.edges {
        let label = EdgeLabel {
            weight: if edge.kind == Kind::Reference { 3.0 } else { 1.0 },
            ..EdgeLabel::default()
        };
        layout.set_edge_with_label(edge.from.to_string(), edge.to.to_string(), label);
    }
    dugong::layout(&mut layout)?;
    let size = (layout.graph().width, layout.graph().height);
    let mut svg = Svg::new(size, "t", "d", STYLE);
    svg.rect("page", Area { x: 0.0, y: 0.0, width: size.0, height: size.1 }, 0.0);
    let area = |id: &str| {
        let node = layout.node(id);
        let node = node.map(|node| Area {
            x: node.x.unwrap_or_default() - node.width / 2.0,
            y: node.y.unwrap_or_default() - node.height / 2.0,
            width: node.width,
            height: node.height,
        });
        node.unwrap_or_default()
    };
    for stack in &graph.stacks {
        let a = area(&stack.name);
        svg.rect("stack", a, 10.0);
        svg.text("stack-name", (a.x + 14.0, a.y + 24.0), Anchor::Start, &stack.name);
    }
    for edge in &graph.edges {
        let e = layout.edge(&edge.from.to_string(), &edge.to.to_string(), None);
        let points = e.map(|e| e.points.clone()).unwrap_or_default();
        let mut d = String::new();
        for (i, p) in points.iter().enumerate() {
            d += if i == 0 { "M" } else { "L" };
            d += &format!("{} {}", number(p.x), number(p.y));
        }
        svg.path(if edge.kind == Kind::Parameter { "edge parameter" } else { "edge" }, &d);
    }
    for stack in &graph.stacks {
        for resource in &stack.resources {
            let a = area(&format!("{}.{}", stack.name, resource.logical_id));
            svg.rect("box", a, 6.0);
            svg.text("name", (a.x + PADDING, a.y + 18.0), Anchor::Start, &resource.logical_id);
            svg.text("type", (a.x + PADDING, a.y + 33.0), Anchor::Start, short(&resource.r#type));
        }
    }
    let _: Option<Id> = None;
    Ok(svg.finish())
}

fn short(r#type: &str) -> &str {
    r#type.strip_prefix("AWS::").unwrap_or(r#type)
}
