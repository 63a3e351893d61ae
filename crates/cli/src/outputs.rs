//! What a deployed stage tells its users.

use std::collections::BTreeMap;

use crate::program::service;
use cfnkit_console::screen;
use cfnkit_tools::emulator::Emulator;

/// The outputs as a caller on this machine can use them: the local cloud's endpoint is not the
/// host name that the template gives.
pub fn as_seen_from_here(
    outputs: &BTreeMap<String, String>,
    emulator: Option<&Emulator>,
) -> BTreeMap<String, String> {
    let mut outputs = outputs.clone();
    if let Some(emulator) = emulator
        && let Some(endpoint) = outputs.get_mut(service().endpoint_output)
        && let Some(url) = emulator.stage_url(endpoint)
    {
        *endpoint = url;
    }
    outputs
}

/// Prints to stdout, as one JSON object or a line each.
///
/// # Errors
///
/// The outputs cannot be made JSON. What stdout does not take is told by [`screen::written`].
pub fn print(outputs: &BTreeMap<String, String>, json: bool) -> anyhow::Result<()> {
    if json {
        screen::data(serde_json::to_string_pretty(outputs)?);
        return Ok(());
    }
    for line in lines(outputs) {
        screen::show(line);
    }
    Ok(())
}

/// Each output beside its name. A value of several lines stays in its column.
fn lines(outputs: &BTreeMap<String, String>) -> Vec<String> {
    let width = outputs.keys().map(String::len).max().unwrap_or(0);
    let line = |(name, value): (&String, &String)| {
        let value = value
            .trim_end()
            .replace('\n', &format!("\n{:width$}  ", ""));
        format!("{name:width$}  {value}")
    };
    outputs.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_several_lines_stays_in_its_column() {
        let outputs = [
            ("Endpoint", "https://a"),
            ("Key", "one\nEndpoint  https://b\n"),
        ];
        let outputs = outputs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let expected = [
            "Endpoint  https://a",
            "Key       one\n          Endpoint  https://b",
        ];
        assert_eq!(lines(&outputs.into()), expected);
    }
}
