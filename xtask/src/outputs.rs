//! What a deployed stage tells its users.

use std::collections::BTreeMap;

use crate::emulator::Emulator;
use crate::screen;

/// The outputs as a caller on this machine can use them: the local cloud's endpoint is not the
/// host name that the template gives.
pub(crate) fn as_seen_from_here(
    outputs: &BTreeMap<String, String>,
    emulator: Option<&Emulator>,
) -> BTreeMap<String, String> {
    let mut outputs = outputs.clone();
    if let Some(emulator) = emulator
        && let Some(endpoint) = outputs.get_mut("Endpoint")
        && let Some(url) = emulator.stage_url(endpoint)
    {
        *endpoint = url;
    }
    outputs
}

pub(crate) fn print(outputs: &BTreeMap<String, String>, json: bool) -> anyhow::Result<()> {
    if json {
        screen::data(serde_json::to_string_pretty(outputs)?);
        return Ok(());
    }
    let width = outputs.keys().map(String::len).max().unwrap_or(0);
    for (name, value) in outputs {
        // A value of several lines stays in its column.
        let value = value.replace('\n', &format!("\n{:width$}  ", ""));
        screen::show(format!("{name:width$}  {value}"));
    }
    Ok(())
}
