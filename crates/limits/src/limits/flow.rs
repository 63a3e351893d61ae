//! A stream of requests as pieces of constant rate, and what each kind of limit makes of it.

use super::{Consumer, Layer, Limit, RefusedRate, Span};

/// Rates below this are rounding.
const NOTHING: f64 = 1e-9;

/// A time in which the rate that reaches a layer, and that it lets through, stay the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Piece {
    pub(super) start: f64,
    pub(super) end: f64,
    pub(super) offered: f64,
    pub(super) admitted: f64,
}

impl Piece {
    pub(super) fn all(start: f64, end: f64, rate: f64) -> Self {
        Self::of(start, end, rate, rate)
    }

    /// May be empty.
    fn of(start: f64, end: f64, offered: f64, admitted: f64) -> Self {
        Self {
            start,
            end,
            offered,
            admitted: admitted.clamp(0.0, offered),
        }
    }

    fn refused(&self) -> f64 {
        self.offered - self.admitted
    }
}

/// What of a consumer the limits depend on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Use {
    addresses: f64,
    latency: f64,
    write_units: f64,
    quota_used: f64,
    quota_window_age: f64,
}

impl Use {
    pub(super) fn of(consumer: &Consumer) -> Self {
        Self {
            addresses: f64::from(consumer.addresses.max(1)),
            latency: consumer.latency_seconds,
            write_units: f64::from(consumer.item_bytes.div_ceil(1024).max(1)),
            quota_used: consumer.quota_used,
            quota_window_age: consumer.quota_window_age_seconds,
        }
    }

    /// Requests per second that the limit lets a consumer have for ever.
    pub(super) fn sustained(&self, limit: &Limit) -> f64 {
        match *limit {
            Limit::Lookback {
                requests,
                window_seconds,
            } => requests / window_seconds * self.addresses,
            Limit::Bucket {
                rate_per_second, ..
            } => rate_per_second,
            Limit::Window {
                requests,
                window_seconds,
            } => requests / window_seconds,
            Limit::Slots { executions } => executions / self.latency,
            Limit::Writes {
                units_per_second, ..
            } => units_per_second / self.write_units,
        }
    }
}

/// What each layer of `path` sees and lets through; the first sees `offered`, every other what
/// the one before it lets through.
pub(super) fn chain(path: &[&Layer], offered: &[Piece], usage: &Use) -> Vec<Vec<Piece>> {
    let mut reaching = offered.to_vec();
    let mut chain = Vec::new();
    for layer in path {
        let pieces = pass(&layer.limit, &reaching, usage);
        let through = pieces.iter();
        reaching = through
            .map(|piece| Piece::all(piece.start, piece.end, piece.admitted))
            .collect();
        chain.push(pieces);
    }
    chain
}

/// What `limit` makes of `offered`, whose pieces follow each other without a gap.
pub(super) fn pass(limit: &Limit, offered: &[Piece], usage: &Use) -> Vec<Piece> {
    let mut out = Vec::new();
    match *limit {
        Limit::Lookback {
            requests,
            window_seconds,
        } => lookback(
            requests * usage.addresses,
            window_seconds,
            offered,
            &mut out,
        ),
        Limit::Bucket {
            rate_per_second,
            burst,
        } => bucket(rate_per_second, burst, offered, &mut out),
        Limit::Window {
            requests,
            window_seconds,
        } => window(requests, window_seconds, usage, offered, &mut out),
        Limit::Slots { executions } => slots(executions, usage.latency, offered, &mut out),
        Limit::Writes {
            units_per_second,
            burst,
        } => {
            let units = usage.write_units;
            bucket(units_per_second / units, burst / units, offered, &mut out);
        }
    }
    out.retain(|piece| piece.end > piece.start);
    out
}

/// Tokens go down by the difference of the rates; without any, what is filled in is let through.
/// What runs over between two requests is left out, so a burst of one comes out too large.
fn bucket(rate: f64, burst: f64, offered: &[Piece], out: &mut Vec<Piece>) {
    // A bucket that cannot hold a token gives none.
    let rate = if burst < 1.0 { 0.0 } else { rate };
    let mut tokens = if burst < 1.0 { 0.0 } else { burst };
    for piece in offered {
        let excess = piece.offered - rate;
        let length = piece.end - piece.start;
        if excess * length <= tokens {
            out.push(Piece::of(
                piece.start,
                piece.end,
                piece.offered,
                piece.offered,
            ));
            tokens = (tokens - excess * length).min(burst);
            continue;
        }
        let empty = piece.start + tokens / excess;
        out.push(Piece::of(piece.start, empty, piece.offered, piece.offered));
        out.push(Piece::of(empty, piece.end, piece.offered, rate));
        tokens = 0.0;
    }
}

/// The count starts anew with each window, of which the first has begun before the requests.
fn window(limit: f64, length: f64, usage: &Use, offered: &[Piece], out: &mut Vec<Piece>) {
    let mut left = (limit - usage.quota_used).max(0.0);
    let mut reset = length - usage.quota_window_age.rem_euclid(length);
    for piece in offered {
        let mut start = piece.start;
        while start < piece.end {
            let end = piece.end.min(reset);
            let empty = match piece.offered > NOTHING {
                true => (start + left / piece.offered).min(end),
                false => end,
            };
            out.push(Piece::of(start, empty, piece.offered, piece.offered));
            out.push(Piece::of(empty, end, piece.offered, 0.0));
            left -= (empty - start) * piece.offered;
            start = end;
            if end >= reset {
                left = limit;
                reset += length;
            }
        }
    }
}

/// The count within the window is a line between the times at which the rate changes or changed
/// one window ago, so it crosses the limit at most once in between.
fn lookback(limit: f64, window: f64, offered: &[Piece], out: &mut Vec<Piece>) {
    let edges = offered.iter().flat_map(|piece| [piece.start, piece.end]);
    let mut times: Vec<f64> = edges.flat_map(|time| [time, time + window]).collect();
    times.sort_by(f64::total_cmp);
    let rate_at = |time| piece_at(offered, time).map_or(0.0, |piece| piece.offered);
    let last = offered.last().map_or(0.0, |piece| piece.end);
    let mut count = 0.0;
    for pair in times.windows(2) {
        let (start, end) = (pair[0], pair[1].min(last));
        if end <= start {
            continue;
        }
        let middle = f64::midpoint(start, end);
        let rate = rate_at(middle);
        let slope = rate - rate_at(middle - window);
        let after = count + slope * (end - start);
        let is_above = |count: f64| count > limit + NOTHING * limit.max(1.0);
        match (is_above(count), is_above(after)) {
            (false, false) => out.push(Piece::of(start, end, rate, rate)),
            (true, true) => out.push(Piece::of(start, end, rate, 0.0)),
            (was_above, _) => {
                let crossing = (start + (limit - count) / slope).clamp(start, end);
                let (before, beyond) = if was_above { (0.0, rate) } else { (rate, 0.0) };
                out.push(Piece::of(start, crossing, rate, before));
                out.push(Piece::of(crossing, end, rate, beyond));
            }
        }
        count = after;
    }
}

fn piece_at(pieces: &[Piece], time: f64) -> Option<Piece> {
    let mut pieces = pieces.iter();
    let is_it = |piece: &&Piece| piece.start <= time && time < piece.end;
    pieces.find(is_it).copied()
}

/// Little's law: what is let through in one latency is what is under way. Until the slots are
/// taken everything passes; then only as much as ends, which for the first latency is what began
/// before, and on average a slot's share of a latency after that. Requests come evenly; those that
/// come in heaps are refused earlier, as Erlang's formula has it.
fn slots(executions: f64, latency: f64, offered: &[Piece], out: &mut Vec<Piece>) {
    let mut under_way = 0.0;
    for piece in offered {
        let (rate, length) = (piece.offered, piece.end - piece.start);
        let ending = if latency > 0.0 {
            under_way / latency
        } else {
            rate
        };
        if rate * latency <= executions * (1.0 + NOTHING) {
            out.push(Piece::of(piece.start, piece.end, rate, rate));
        } else {
            let taken = piece.start + (executions - under_way).max(0.0) / (rate - ending);
            let taken = taken.min(piece.end);
            let steady = (piece.start + latency).clamp(taken, piece.end);
            out.push(Piece::of(piece.start, taken, rate, rate));
            out.push(Piece::of(taken, steady, rate, ending));
            out.push(Piece::of(steady, piece.end, rate, executions / latency));
        }
        under_way = match length >= latency {
            true => (rate * latency).min(executions),
            false => (under_way + (rate - ending) * length).clamp(0.0, executions),
        };
    }
}

/// Requests that reach a layer between two times, those of them that it refuses, and when the
/// first of these is.
pub(super) fn sums(pieces: &[Piece], start: f64, end: f64) -> (f64, f64, Option<f64>) {
    let (mut reached, mut refused, mut first) = (0.0, 0.0, None);
    for piece in pieces {
        let from = piece.start.max(start);
        let length = piece.end.min(end) - from;
        if length <= 0.0 {
            continue;
        }
        reached += piece.offered * length;
        if piece.refused() > NOTHING {
            refused += piece.refused() * length;
            first = first.or(Some(from));
        }
    }
    (reached, refused, first)
}

/// What all layers together make of the stream, over time.
pub(super) fn timeline(path: &[&Layer], chain: &[Vec<Piece>]) -> Vec<Span> {
    let mut times: Vec<f64> = chain
        .iter()
        .flatten()
        .flat_map(|piece| [piece.start, piece.end])
        .collect();
    times.sort_by(f64::total_cmp);
    times.dedup_by(|later, earlier| *later - *earlier < 1e-6);
    let mut spans: Vec<Span> = Vec::new();
    for pair in times.windows(2) {
        let middle = f64::midpoint(pair[0], pair[1]);
        let at = |pieces: &[Piece]| piece_at(pieces, middle);
        let refused = path.iter().zip(chain).filter_map(|(layer, pieces)| {
            let per_second = at(pieces)?.refused();
            (per_second > NOTHING).then_some(RefusedRate {
                layer: layer.name,
                status: layer.status,
                per_second,
            })
        });
        let refused = refused.collect();
        let answered = chain.last().and_then(|pieces| at(pieces));
        let answered_per_second = answered.map_or(0.0, |piece| piece.admitted);
        match spans.last_mut() {
            Some(last)
                if last.refused == refused
                    && (last.answered_per_second - answered_per_second).abs() < NOTHING =>
            {
                last.end_seconds = pair[1];
            }
            _ => spans.push(Span {
                start_seconds: pair[0],
                end_seconds: pair[1],
                answered_per_second,
                refused,
            }),
        }
    }
    spans
}
