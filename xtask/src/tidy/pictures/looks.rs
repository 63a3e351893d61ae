//! What a reader sees of a picture: where its boxes, texts and arrows are.

use roxmltree::{Document, Node};

/// As a renderer sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Area {
    pub(super) fn holds(&self, other: &Self) -> bool {
        self.left <= other.left
            && self.top <= other.top
            && self.right >= other.right
            && self.bottom >= other.bottom
    }

    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }
}

fn number(node: Node<'_, '_>, name: &str) -> f64 {
    node.attribute(name).unwrap().parse().unwrap()
}

pub(super) fn rects<'a>(svg: &'a Document<'_>, classes: &[&str]) -> Vec<(Node<'a, 'a>, Area)> {
    let rects = svg.descendants().filter(|node| node.has_tag_name("rect"));
    let wanted = rects.filter(|node| {
        let class = node.attribute("class").unwrap();
        class.split(' ').any(|one| classes.contains(&one))
    });
    wanted
        .map(|node| {
            let (left, top) = (number(node, "x"), number(node, "y"));
            let area = Area {
                left,
                top,
                right: left + number(node, "width"),
                bottom: top + number(node, "height"),
            };
            (node, area)
        })
        .collect()
}

/// Every font that a browser may choose is narrower than this on average.
fn text_area(node: Node<'_, '_>) -> Area {
    let (size, em) = match node.attribute("class").unwrap() {
        "name" if node.attribute("text-anchor").is_some() => (17.0, 0.67),
        "name" => (13.0, 0.66),
        "type" => (11.0, 0.5),
        "label" => (14.0, 0.62),
        "note" => (14.0, 0.55),
        "heading" => (18.0, 0.66),
        other => panic!("no size of {other}"),
    };
    let width = node.text().unwrap().chars().count() as f64 * size * em;
    let x = number(node, "x");
    let left = match node.attribute("text-anchor") {
        None => x,
        Some("middle") => x - width / 2.0,
        Some("end") => x - width,
        Some(other) => panic!("{other}"),
    };
    let y = number(node, "y");
    Area {
        left,
        top: y - size,
        right: left + width,
        bottom: y + size * 0.25,
    }
}

/// Each text is in the box that its group begins with or in a part of it, beside other texts.
pub(super) fn check_texts(svg: &Document<'_>, classes: &[&str]) {
    let boxes = rects(svg, classes);
    let mut texts = Vec::new();
    for node in svg.descendants().filter(|node| node.has_tag_name("text")) {
        let area = text_area(node);
        let point = Area {
            right: area.left + 1.0,
            ..area
        };
        let around = boxes.iter().filter(|(_, one)| one.holds(&point));
        let width = |area: &Area| area.right - area.left;
        let smallest = around.min_by(|one, other| width(&one.1).total_cmp(&width(&other.1)));
        let (_, smallest) = smallest.unwrap_or_else(|| panic!("{:?} is in no box", node.text()));
        assert!(
            smallest.holds(&area),
            "{:?} is wider than its box",
            node.text()
        );
        texts.push((node, area));
    }
    assert!(texts.len() > 20);
    for (index, (node, area)) in texts.iter().enumerate() {
        for (other, place) in &texts[index + 1..] {
            let (one, other) = (node.text(), other.text());
            assert!(!area.overlaps(place), "{one:?} covers {other:?}");
        }
    }
}

/// The points along a path of lines and curves, `H` and `V` among them.
pub(super) fn points(path: &str) -> Vec<(f64, f64)> {
    let mut points: Vec<(f64, f64)> = Vec::new();
    let mut rest = path;
    while let Some(command) = rest.chars().next() {
        let end = rest[1..].find(|one: char| one.is_ascii_alphabetic());
        let end = end.map_or(rest.len(), |end| end + 1);
        let numbers: Vec<f64> = rest[1..end]
            .split_whitespace()
            .map(|one| one.parse().unwrap())
            .collect();
        rest = &rest[end..];
        let (x, y) = points.last().copied().unwrap_or_default();
        match (command, numbers.as_slice()) {
            ('M', [x, y]) => points.push((*x, *y)),
            ('H', [to]) => points.extend((1..=50).map(|i| (x + (to - x) * f64::from(i) / 50.0, y))),
            ('V', [to]) => points.extend((1..=50).map(|i| (x, y + (to - y) * f64::from(i) / 50.0))),
            ('C', [x1, y1, x2, y2, x3, y3]) => points.extend((1..=50).map(|step| {
                let t = f64::from(step) / 50.0;
                let at = |a: f64, b: f64, c: f64, d: f64| {
                    let u = 1.0 - t;
                    u * u * u * a + 3.0 * u * u * t * b + 3.0 * u * t * t * c + t * t * t * d
                };
                (at(x, *x1, *x2, *x3), at(y, *y1, *y2, *y3))
            })),
            other => panic!("{other:?}"),
        }
    }
    points
}

/// Something to read for those who cannot see it, and nothing that a page would have to load.
pub(super) fn check_is_self_contained(svg: &Document<'_>, text: &str) {
    let root = svg.root_element();
    assert_eq!(root.attribute("role"), Some("img"));
    let title = root
        .children()
        .find(|node| node.has_tag_name("title"))
        .unwrap();
    let description = root
        .children()
        .find(|node| node.has_tag_name("desc"))
        .unwrap();
    assert!(title.text().unwrap().len() > 20 && description.text().unwrap().len() > 100);
    assert!(text.contains("@media (prefers-color-scheme: dark)"));
    assert_eq!(text.matches("http").count(), 1, "only the namespace");
    for word in ["<script", "@import", "@font-face", "<image", "href"] {
        assert!(!text.contains(word), "{word}");
    }
}
