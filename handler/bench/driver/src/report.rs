//! The result for people, as Markdown that also reads well on a terminal.

use comfy_table::{Cell, CellAlignment, Table, presets};

use crate::figures::Figures;
use crate::goals::Goal;
use crate::machine::Machine;
use crate::measure::Amount;
use crate::variant::Role;

/// A column: its head, a variant's figure, and how many decimals count.
type Column = (&'static str, fn(&Figures) -> Option<f64>, usize);

const COLUMNS: [Column; 8] = [
    ("cold ms", |it| Some(it.cold_ms), 1),
    ("init ms", |it| Some(it.init_ms), 1),
    ("first request ms", |it| Some(it.first_request_ms), 2),
    ("cold ms, evicted", |it| it.evicted_cold_ms, 1),
    ("warm p50 µs", |it| Some(it.warm_p50_us), 0),
    ("warm p99 µs", |it| Some(it.warm_p99_us), 0),
    ("peak RSS MiB", |it| Some(it.peak_memory_mib), 1),
    ("zip KiB", |it| Some(it.zip_bytes? as f64 / 1024.0), 0),
];

/// Everything the report says.
pub(crate) struct Report<'a> {
    pub(crate) figures: &'a [Figures],
    pub(crate) package_bytes: Option<u64>,
    pub(crate) goals: &'a [Goal],
    pub(crate) amount: Amount,
    pub(crate) machine: &'a Machine,
    pub(crate) commit: &'a str,
}

impl Report<'_> {
    pub(crate) fn markdown(&self) -> String {
        let Machine {
            cores,
            cpu,
            kernel,
            load,
            date,
        } = self.machine;
        let Amount {
            cold_starts,
            runs,
            requests,
            ..
        } = self.amount;
        let package = match self.package_bytes {
            Some(bytes) => format!(
                " The zip for Lambda (arm64) has {:.0} KiB.",
                bytes as f64 / 1024.0
            ),
            None => String::new(),
        };
        format!(
            "{}\n\n\
             Medians of {cold_starts} cold starts and {runs} warm runs of {requests} requests. \
             Zips are of programs for this machine.{package}\n\n\
             {}\n\n\
             On one of {cores} cores, {cpu}, Linux {kernel}, load {load} before; {date}, commit {}\n",
            compared(self.figures).trim_fmt(),
            judged(self.goals).trim_fmt(),
            self.commit
        )
    }
}

fn compared(figures: &[Figures]) -> Table {
    let columns: Vec<&Column> = COLUMNS
        .iter()
        .filter(|(_, value, _)| figures.iter().any(|one| value(one).is_some()))
        .collect();
    let heads = columns.iter().map(|(head, ..)| *head);
    let mut table = table(std::iter::once("variant").chain(heads));
    for one in figures {
        let cells = columns.iter().map(|(_, value, decimals)| match value(one) {
            Some(value) => format!("{value:.decimals$}"),
            None => "-".to_owned(),
        });
        table.add_row(std::iter::once(one.label.clone()).chain(cells));
    }
    let Some(ours) = figures.iter().find(|one| one.role == Role::Ours) else {
        return table;
    };
    for one in figures.iter().filter(|one| one.role != Role::Ours) {
        let cells = columns.iter().map(|(_, value, _)| {
            let ratio = value(one).zip(value(ours));
            ratio.map_or_else(
                || "-".to_owned(),
                |(theirs, ours)| format!("{:.2}×", theirs / ours),
            )
        });
        let name = format!("{} / ours", one.role.name(&one.label));
        table.add_row(std::iter::once(name).chain(cells));
    }
    table
}

fn judged(goals: &[Goal]) -> Table {
    let mut table = table(["goal", "at most", "measured", ""].into_iter());
    for goal in goals {
        let verdict = if goal.is_reached { "reached" } else { "missed" };
        table.add_row([goal.figure, &goal.limit, &goal.measured, verdict]);
    }
    table
}

fn table<'a>(heads: impl Iterator<Item = &'a str>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_header(heads.map(Cell::new));
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A variant whose every figure is `value`.
    pub(crate) fn figures(role: Role, value: f64) -> Figures {
        Figures {
            role,
            label: role.name(""),
            cold_ms: value,
            init_ms: value,
            first_request_ms: value,
            evicted_cold_ms: None,
            warm_p50_us: value,
            warm_p99_us: value,
            peak_memory_mib: value,
            zip_bytes: (role != Role::Python).then_some(10_240),
        }
    }

    #[test]
    fn ratios_stand_below_the_figures() {
        let table = compared(&[figures(Role::Ours, 2.0), figures(Role::Python, 5.0)]);
        let expected = "\
| variant       | cold ms | init ms | first request ms | warm p50 µs | warm p99 µs | peak RSS MiB | zip KiB |
|---------------|---------|---------|------------------|-------------|-------------|--------------|---------|
| ours          |     2.0 |     2.0 |             2.00 |           2 |           2 |          2.0 |      10 |
| python        |     5.0 |     5.0 |             5.00 |           5 |           5 |          5.0 |       - |
| python / ours |   2.50× |   2.50× |            2.50× |       2.50× |       2.50× |        2.50× |       - |";
        assert_eq!(table.trim_fmt(), expected);
    }
}
