//! The page's charts, drawn as SVG: rates, answers and latencies by the second, and the histogram.
//! Beside each is a table of the same figures, for who cannot see it.

use super::super::answer::Answerer;
use super::super::progress::milliseconds;
use super::super::report::{Answers, Moment, Report};
use super::super::terminal::up_to;
use super::{escape, table};

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 62.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 30.0;

/// Rows of a table beside a chart; longer tests are summed up into so many.
const ROWS: usize = 60;

/// What answers are stacked by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Stored,
    Limited,
    Refused,
    Rejected,
    Failed,
    None,
}

impl Kind {
    pub(super) const ALL: [Self; 6] = [
        Self::Stored,
        Self::Limited,
        Self::Refused,
        Self::Rejected,
        Self::Failed,
        Self::None,
    ];

    fn of(one: &Answers) -> Self {
        match (one.status, one.layer) {
            (None, _) => Self::None,
            (_, Answerer::Stored) => Self::Stored,
            (Some(429), _) => Self::Limited,
            (Some(403), _) => Self::Refused,
            (Some(500..), _) => Self::Failed,
            _ => Self::Rejected,
        }
    }

    /// How the legend calls it, and the colour's variable in the page's style.
    pub(super) fn look(self) -> (&'static str, &'static str) {
        match self {
            Self::Stored => ("200 stored", "--c0"),
            Self::Limited => ("429 over a limit", "--c2"),
            Self::Refused => ("403 refused", "--c1"),
            Self::Rejected => ("other 4xx", "--c3"),
            Self::Failed => ("5xx failed", "--c4"),
            Self::None => ("no answer", "--c5"),
        }
    }
}

fn answered(moment: &Moment) -> u64 {
    moment.answers.iter().map(|one| one.count).sum()
}

fn count(moment: &Moment, kind: Kind) -> u64 {
    let answers = moment.answers.iter().filter(|one| Kind::of(one) == kind);
    answers.map(|one| one.count).sum()
}

/// An area to draw in: seconds to the right, values upwards.
struct Plane {
    seconds: f64,
    /// The ticks of the vertical axis with their labels, the highest last.
    ticks: Vec<(f64, String)>,
    /// Whether equal distances are equal factors.
    is_logarithmic: bool,
    /// Where phases end.
    phases: Vec<f64>,
}

impl Plane {
    fn new(report: &Report, ticks: Vec<(f64, String)>, is_logarithmic: bool) -> Self {
        let mut end = 0.0;
        let seconds = report.timeline.len().max(1) as f64;
        let phases = report.phase_seconds.iter().map(|seconds| {
            end += seconds;
            end
        });
        Self {
            phases: phases.filter(|end| *end < seconds).collect(),
            seconds,
            ticks,
            is_logarithmic,
        }
    }

    fn x(&self, second: f64) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * second / self.seconds
    }

    fn y(&self, value: f64) -> f64 {
        let first = self.ticks.first().map_or(0.0, |(value, _)| *value);
        let last = self.ticks.last().map_or(1.0, |(value, _)| *value);
        let share = match self.is_logarithmic {
            true => (value.max(first) / first).ln() / (last / first).ln(),
            false => (value - first) / (last - first),
        };
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share.clamp(0.0, 1.0)
    }

    fn axes(&self) -> String {
        let mut text = String::new();
        for (value, label) in &self.ticks {
            let y = self.y(*value);
            text.push_str(&format!(
                "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\n",
                WIDTH - RIGHT,
                LEFT - 8.0,
                y + 4.0,
                escape(label)
            ));
        }
        for end in &self.phases {
            let x = self.x(*end);
            text.push_str(&format!(
                "<line class=\"phase\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{:.1}\"/>\n",
                HEIGHT - BOTTOM
            ));
        }
        let step = nice_step(self.seconds / 8.0).max(1.0);
        let mut second = 0.0;
        while second <= self.seconds {
            text.push_str(&format!(
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{second} s</text>\n",
                self.x(second),
                HEIGHT - 8.0
            ));
            second += step;
        }
        text
    }

    /// A curve through the middles of the seconds that have a value.
    fn curve(
        &self,
        colour: &str,
        class: &str,
        values: impl Iterator<Item = Option<f64>>,
    ) -> String {
        let mut path = String::new();
        let mut pen = 'M';
        for (second, value) in values.enumerate() {
            match value {
                Some(value) => {
                    let (x, y) = (self.x(second as f64 + 0.5), self.y(value));
                    path.push_str(&format!("{pen}{x:.1} {y:.1}"));
                    // A second between two without a value is a dot.
                    path.push_str(if pen == 'M' { "h0" } else { "" });
                    pen = 'L';
                }
                None => pen = 'M',
            }
        }
        format!("<path class=\"curve {class}\" style=\"stroke:var({colour})\" d=\"{path}\"/>\n")
    }
}

/// 1, 2 or 5 times a power of ten, at least `least`.
fn nice_step(least: f64) -> f64 {
    let power = 10f64.powf(least.max(1e-9).log10().floor());
    let factors = [1.0, 2.0, 5.0, 10.0].into_iter();
    let mut steps = factors.map(|factor| factor * power);
    steps.find(|step| *step >= least * 0.999).unwrap_or(power)
}

fn even_ticks(most: f64) -> Vec<(f64, String)> {
    let step = nice_step(most.max(1.0) / 4.0).max(1.0);
    let count = (most.max(1.0) / step).ceil() as usize;
    let ticks = (0..=count).map(|index| index as f64 * step);
    ticks.map(|tick| (tick, format!("{tick}/s"))).collect()
}

/// Powers of ten around what there is.
fn latency_ticks(moments: &[Moment]) -> Vec<(f64, String)> {
    let values = || {
        moments
            .iter()
            .flat_map(|one| [one.p50_ms, one.p99_ms])
            .flatten()
    };
    let least = values().fold(f64::INFINITY, f64::min).clamp(0.01, 60_000.0);
    let most = values().fold(0.1, f64::max);
    let first = least.log10().floor() as i32;
    let last = (most.log10().ceil() as i32).max(first + 1);
    let ticks = (first..=last).map(|power| 10f64.powi(power));
    ticks.map(|tick| (tick, up_to(tick))).collect()
}

/// A chart with its legend and table; what it shows is `says`.
fn figure(
    title: &str,
    says: &str,
    body: &str,
    legend: &[(&str, &str, &str)],
    data: &str,
) -> String {
    let id: String = title.chars().filter(char::is_ascii_alphabetic).collect();
    let items: String = legend
        .iter()
        .map(|(colour, class, words)| {
            let line = "<path class=\"curve";
            format!(
                "<li><svg viewBox=\"0 0 26 12\" aria-hidden=\"true\">{line} {class}\" \
                 style=\"stroke:var({colour})\" d=\"M0 6L26 6\"/></svg> {}</li>\n",
                escape(words)
            )
        })
        .collect();
    format!(
        "<h2>{title}</h2>\n<figure>\n<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         aria-labelledby=\"{id}-t {id}-d\">\n<title id=\"{id}-t\">{title}</title>\n\
         <desc id=\"{id}-d\">{}</desc>\n{body}</svg>\n<ul class=\"legend\">\n{items}</ul>\n\
         <details><summary>The same as a table</summary>\n{data}</details>\n</figure>\n",
        escape(says)
    )
}

pub(super) fn figures(report: &Report) -> String {
    rates(report) + &answers(report) + &latencies(report) + &histogram(report)
}

/// The seconds a row of a table stands for, with the moments in them.
fn rows(report: &Report) -> impl Iterator<Item = (String, &[Moment])> {
    let size = report.timeline.len().div_ceil(ROWS).max(1);
    let chunks = report.timeline.chunks(size).enumerate();
    chunks.map(move |(index, moments)| {
        let first = index * size;
        let name = match moments.len() {
            1 => format!("{first} s"),
            length => format!("{first} to {} s", first + length),
        };
        (name, moments)
    })
}

fn rates(report: &Report) -> String {
    let moments = &report.timeline;
    let most = moments.iter().map(|one| one.offered.max(answered(one)));
    let plane = Plane::new(report, even_ticks(most.max().unwrap_or(0) as f64), false);
    let offered = moments.iter().map(|one| Some(one.offered as f64));
    let seen = moments.iter().map(|one| Some(answered(one) as f64));
    let body =
        plane.axes() + &plane.curve("--c5", "second", offered) + &plane.curve("--c0", "", seen);
    let data = rows(report).map(|(name, moments)| {
        let offered: u64 = moments.iter().map(|one| one.offered).sum();
        let answered: u64 = moments.iter().map(answered).sum();
        vec![name, offered.to_string(), answered.to_string()]
    });
    let data = table(&["Time", "Offered", "Answered"], 1, data);
    let legend = [
        ("--c5", "second", "offered: became due"),
        ("--c0", "", "answered, whatever the answer"),
    ];
    let says = "Requests per second over the time of the test: those that became due and those \
                that were answered. Phases are parted by dashed vertical lines.";
    figure("Offered and answered", says, &body, &legend, &data)
}

fn answers(report: &Report) -> String {
    let moments = &report.timeline;
    let most = moments.iter().map(answered).max().unwrap_or(0);
    let plane = Plane::new(report, even_ticks(most as f64), false);
    let kinds: Vec<Kind> = Kind::ALL
        .into_iter()
        .filter(|kind| moments.iter().any(|one| count(one, *kind) > 0))
        .collect();
    let mut body = plane.axes();
    for (second, moment) in moments.iter().enumerate() {
        let mut below = 0.0;
        let (left, right) = (plane.x(second as f64), plane.x(second as f64 + 1.0));
        for kind in &kinds {
            let count = count(moment, *kind) as f64;
            if count == 0.0 {
                continue;
            }
            let (top, bottom) = (plane.y(below + count), plane.y(below));
            // Neighbours overlap by a little, or a seam would show between them.
            body.push_str(&format!(
                "<rect x=\"{left:.2}\" y=\"{top:.1}\" width=\"{:.2}\" height=\"{:.1}\" \
                 style=\"fill:var({})\"/>\n",
                right - left + 0.3,
                bottom - top,
                kind.look().1
            ));
            below += count;
        }
    }
    let data = rows(report).map(|(name, moments)| {
        let of = |kind: &Kind| -> u64 { moments.iter().map(|one| count(one, *kind)).sum() };
        let counts = kinds.iter().map(|kind| of(kind).to_string());
        [name].into_iter().chain(counts).collect()
    });
    let words = kinds.iter().map(|kind| kind.look().0);
    let headings: Vec<&str> = ["Time"].into_iter().chain(words).collect();
    let legend = kinds.iter().map(|kind| kind.look());
    let legend: Vec<_> = legend.map(|(words, colour)| (colour, "", words)).collect();
    let says = "Answers per second, stacked by kind, at the second in which they came.";
    let data = table(&headings, 1, data);
    figure("Answers by the second", says, &body, &legend, &data)
}

fn latencies(report: &Report) -> String {
    let moments = &report.timeline;
    let plane = Plane::new(report, latency_ticks(moments), true);
    let body = plane.axes()
        + &plane.curve("--c0", "", moments.iter().map(|one| one.p50_ms))
        + &plane.curve("--c2", "second", moments.iter().map(|one| one.p99_ms));
    let data = rows(report).map(|(name, moments)| {
        let highest = |of: fn(&Moment) -> Option<f64>| {
            let most = moments.iter().filter_map(of).reduce(f64::max);
            most.map_or("–".to_owned(), milliseconds)
        };
        vec![name, highest(|one| one.p50_ms), highest(|one| one.p99_ms)]
    });
    let headings = ["Time", "p50, the highest", "p99, the highest"];
    let data = table(&headings, 1, data);
    let legend = [("--c0", "", "p50"), ("--c2", "second", "p99")];
    let says = "Latency percentiles of the requests that became due in each second, on a \
                logarithmic scale.";
    figure("Latency by the second", says, &body, &legend, &data)
}

fn histogram(report: &Report) -> String {
    let bars = &report.histogram;
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or(0).max(1);
    let slot = (WIDTH - LEFT - RIGHT) / bars.len().max(1) as f64;
    let room = HEIGHT - TOP - BOTTOM - 14.0;
    let bottom = HEIGHT - BOTTOM;
    let mut body = String::new();
    for (index, bar) in bars.iter().enumerate() {
        let left = LEFT + slot * index as f64;
        let height = room * bar.count as f64 / most as f64;
        body.push_str(&format!(
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\" \
             style=\"fill:var(--c0)\"/>\n\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\n\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">≤ {}</text>\n",
            left + slot * 0.1,
            bottom - height,
            slot * 0.8,
            left + slot / 2.0,
            bottom - height - 5.0,
            bar.count,
            left + slot / 2.0,
            HEIGHT - 8.0,
            up_to(bar.to_ms)
        ));
    }
    body.push_str(&format!(
        "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{bottom}\" y2=\"{bottom}\"/>\n",
        WIDTH - RIGHT
    ));
    let data = bars.iter();
    let data = data.map(|bar| vec![format!("≤ {}", up_to(bar.to_ms)), bar.count.to_string()]);
    let data = table(&["Latency", "Requests"], 1, data);
    let says = "How many requests took how long, from when they were due.";
    figure("How many took how long", says, &body, &[], &data)
}
