//! Where the boxes and arrows of a graph are: dagre's places for the boxes, and ways for the
//! arrows that pass through none of them.

use std::collections::BTreeMap;

use anyhow::Context as _;
use dugong::graphlib::{Graph as Dagre, GraphOptions};
use dugong::{EdgeLabel, GraphLabel, NodeLabel, RankDir};

use super::svg::{Area, number};
use super::{Graph, Kind};

/// Room for the name of a stack above its resources.
const HEADING: f64 = 30.0;

/// What the picture's boxes are called: `Data` for a stack, `Data.Table` for a resource.
type Name = String;

#[derive(Debug)]
pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) stacks: BTreeMap<Name, Area>,
    pub(super) boxes: BTreeMap<Name, Area>,
    /// Paths of the graph's edges, in their order.
    pub(super) arrows: Vec<String>,
}

/// Places boxes of the sizes that `size` gives for the resources.
pub(super) fn layout(graph: &Graph, size: impl Fn(&Name) -> (f64, f64)) -> anyhow::Result<Layout> {
    let mut dagre = dagre_of(graph, size);
    dugong::layout(&mut dagre).context("cannot lay the graph out")?;
    let area = |name: &str| {
        let node = dagre.node(name);
        let node = node.with_context(|| format!("`{name}` has no place"))?;
        anyhow::Ok(Area {
            x: node.x.unwrap_or_default() - node.width / 2.0,
            y: node.y.unwrap_or_default() - node.height / 2.0,
            width: node.width,
            height: node.height,
        })
    };
    let mut stacks = BTreeMap::new();
    let mut boxes = BTreeMap::new();
    for stack in &graph.stacks {
        stacks.insert(stack.name.clone(), area(&stack.name)?);
        for resource in &stack.resources {
            let name = format!("{}.{}", stack.name, resource.logical_id);
            boxes.insert(name.clone(), area(&name)?);
        }
    }
    let headings = Headings::of(stacks.values().map(|stack| stack.y));
    for area in boxes.values_mut() {
        area.y = headings.below(area.y + area.height / 2.0) - area.height / 2.0;
    }
    for area in stacks.values_mut() {
        let bottom = headings.below(area.y + area.height);
        area.y = headings.below(area.y) - HEADING;
        area.height = bottom - area.y;
    }
    let columns = Columns::of(boxes.values());
    let arrows = graph.edges.iter().map(|edge| {
        let (from, to) = (edge.from.to_string(), edge.to.to_string());
        let between = dagre.edge(&from, &to, None).map(|edge| &edge.points);
        // The first and the last point are on the boxes, where these arrows do not end.
        let between = between.into_iter().flatten();
        let between: Vec<(f64, f64)> = between
            .map(|point| (point.x, headings.below(point.y)))
            .collect();
        let inner = between.get(1..between.len().saturating_sub(1));
        let [from, to] = [boxes.get(&from), boxes.get(&to)].map(|area| area.copied());
        columns.arrow(
            from.unwrap_or_default(),
            inner.unwrap_or_default(),
            to.unwrap_or_default(),
        )
    });
    let arrows = arrows.collect();
    Ok(Layout {
        width: dagre.graph().width,
        height: headings.below(dagre.graph().height),
        stacks,
        boxes,
        arrows,
    })
}

fn dagre_of(
    graph: &Graph,
    size: impl Fn(&Name) -> (f64, f64),
) -> Dagre<NodeLabel, EdgeLabel, GraphLabel> {
    let mut dagre = Dagre::new(GraphOptions {
        compound: true,
        ..GraphOptions::default()
    });
    dagre.set_default_edge_label(EdgeLabel::default);
    dagre.set_graph(GraphLabel {
        rankdir: RankDir::LR,
        nodesep: 14.0,
        ranksep: 40.0,
        edgesep: 8.0,
        marginx: 24.0,
        marginy: 24.0,
        ..GraphLabel::default()
    });
    for stack in &graph.stacks {
        dagre.set_node(stack.name.as_str(), NodeLabel::default());
        for resource in &stack.resources {
            let name = format!("{}.{}", stack.name, resource.logical_id);
            let (width, height) = size(&name);
            let label = NodeLabel {
                width,
                height,
                ..NodeLabel::default()
            };
            dagre.set_node(name.as_str(), label);
            dagre.set_parent(name, stack.name.as_str());
        }
    }
    for edge in &graph.edges {
        // What belongs to one stack is to be close together.
        let weight = match edge.kind {
            Kind::Parameter => 1.0,
            Kind::Reference | Kind::DependsOn => 3.0,
        };
        let label = EdgeLabel {
            weight,
            ..EdgeLabel::default()
        };
        dagre.set_edge_with_label(edge.from.to_string(), edge.to.to_string(), label);
    }
    dagre
}

/// The upper edges of the stacks. Everything below one moves down by a heading, so that what did
/// not overlap does not overlap afterwards.
struct Headings(Vec<f64>);

impl Headings {
    fn of(tops: impl Iterator<Item = f64>) -> Self {
        let mut tops: Vec<f64> = tops.collect();
        tops.sort_by(f64::total_cmp);
        // Stacks side by side begin at one height, and share the room.
        tops.dedup_by(|one, other| (*one - *other).abs() < 0.5);
        Self(tops)
    }

    fn below(&self, y: f64) -> f64 {
        let above = self.0.iter().filter(|top| **top <= y).count();
        y + above as f64 * HEADING
    }
}

/// The boxes stand in columns, centred. Arrows run level through a column, at a height that dagre
/// keeps free, and change their height only between two columns.
struct Columns(Vec<Column>);

#[derive(Clone, Copy)]
struct Column {
    centre: f64,
    half: f64,
}

impl Columns {
    fn of<'a>(boxes: impl Iterator<Item = &'a Area>) -> Self {
        let mut columns: Vec<Column> = Vec::new();
        for area in boxes {
            let half = area.width / 2.0;
            let centre = area.x + half;
            match columns.iter_mut().find(|one| is_at(one, centre)) {
                Some(column) => column.half = column.half.max(half),
                None => columns.push(Column { centre, half }),
            }
        }
        Self(columns)
    }

    fn at(&self, x: f64) -> Option<Column> {
        self.0.iter().find(|column| is_at(column, x)).copied()
    }

    fn arrow(&self, from: Area, between: &[(f64, f64)], to: Area) -> String {
        let middle = |area: Area| (area.x + area.width / 2.0, area.y + area.height / 2.0);
        let (start, end) = (middle(from), middle(to));
        // Dagre turns an edge around where there is a circle.
        let forward = if start.0 <= end.0 { 1.0 } else { -1.0 };
        let mut x = start.0 + forward * from.width / 2.0;
        let mut y = start.1;
        let mut path = format!("M{} {}", number(x), number(y));
        let mut leave = self
            .at(start.0)
            .map_or(x, |one| one.centre + forward * one.half);
        let inner = between.iter().copied();
        // Where no box stands there is nothing to keep clear of.
        let inner = inner.filter_map(|(x, y)| Some((self.at(x)?, y)));
        let last = Column {
            centre: end.0,
            half: self.at(end.0).map_or(to.width / 2.0, |one| one.half),
        };
        for (column, height) in inner.chain([(last, end.1)]) {
            let enter = column.centre - forward * column.half;
            let bend = (enter - leave) / 2.0;
            path += &format!(
                "H{}C{} {} {} {} {} {}",
                number(leave),
                number(leave + bend),
                number(y),
                number(enter - bend),
                number(height),
                number(enter),
                number(height),
            );
            (x, y) = (column.centre, height);
            leave = x + forward * column.half;
        }
        x = end.0 - forward * to.width / 2.0;
        path += &format!("H{}", number(x));
        path
    }
}

fn is_at(column: &Column, x: f64) -> bool {
    (column.centre - x).abs() < 1.0
}
