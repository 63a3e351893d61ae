//! The graph as Mermaid, which GitHub and most editors draw.

use std::fmt::Write as _;

use super::{Graph, Id, Kind};

/// One subgraph per stack. Arrows go from what refers to what is referred to: thin within a
/// stack, thick through parameters, dotted where the one only waits for the other.
pub(crate) fn mermaid(graph: &Graph) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for stack in &graph.stacks {
        let name = &stack.name;
        // `end` and the like are words of Mermaid's own, so no identifier is a name alone.
        let _ = writeln!(text, "  subgraph stack_{}[\"{}\"]", word(name), label(name));
        for resource in &stack.resources {
            let _ = writeln!(
                text,
                "    {}[\"{}<br/>{}\"]",
                node(name, &resource.logical_id),
                label(&resource.logical_id),
                label(&resource.r#type),
            );
        }
        text += "  end\n";
    }
    for edge in &graph.edges {
        let arrow = match edge.kind {
            Kind::Reference => "-->",
            Kind::Parameter => "==>",
            Kind::DependsOn => "-.->",
        };
        let of = |id: &Id| node(&id.stack, &id.logical_id);
        let _ = writeln!(text, "  {} {arrow} {}", of(&edge.from), of(&edge.to));
    }
    text
}

fn node(stack: &str, logical_id: &str) -> String {
    format!("{}_{}", word(stack), word(logical_id))
}

/// Logical IDs are letters and digits; what else a file may hold is written as its number.
fn word(name: &str) -> String {
    let mut word = String::new();
    for character in name.chars() {
        match character.is_ascii_alphanumeric() {
            true => word.push(character),
            false => {
                let _ = write!(word, "_{:x}_", u32::from(character));
            }
        }
    }
    word
}

/// Inside quotes Mermaid knows entities, with `#` in place of `&`.
fn label(text: &str) -> String {
    let mut label = String::new();
    for character in text.chars() {
        match character {
            '"' => label += "#quot;",
            '#' => label += "#35;",
            '&' => label += "#amp;",
            '<' => label += "#lt;",
            '>' => label += "#gt;",
            '`' => label += "#96;",
            character if character.is_control() => label.push(' '),
            character => label.push(character),
        }
    }
    label
}
