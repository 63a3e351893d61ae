//! The steps of `keys rotate`.

use std::time::Duration;

use anyhow::Context as _;
use xshell::Shell;

use super::tier_keys;
use crate::agreed::revise;
use crate::deployed::Deployed;
use crate::deployed::deployed;
use crate::live;
use cfnkit_assembly::service::Tier;
use cfnkit_assembly::stage_file::{StageFile, with_parameter};
use cfnkit_aws::aws::api_gateway;
use cfnkit_cli::commands::keys::rotate::Rotate;
use cfnkit_console::consent::Consent;
use cfnkit_console::interrupt::Interrupts;
use cfnkit_console::screen::{self, GOOD};
use cfnkit_operate::api_keys::{Key, State};
use cfnkit_operation::stack::Stack;
use cfnkit_template::parameters::Parameters;
use cfnkit_template::stack_tree::read_template;
use cfnkit_template::text_file;
use cfnkit_tools::workspace::Workspace;

pub(crate) async fn run(rotate: Rotate, sh: &Shell, workspace: &Workspace) -> anyhow::Result<()> {
    let consent = Consent::from_flag(rotate.yes || rotate.environment.local)?;
    let mut interrupts = Interrupts::listen()?;
    let deployed = deployed(&rotate.stage, &rotate.environment, sh, workspace);
    let deployed = interrupts.unless(deployed).await?;
    let keys = interrupts.unless(tier_keys(&deployed, rotate.tier)).await?;
    match rotate.finish {
        true => finish(&rotate, &deployed, &keys, consent, interrupts).await,
        false => begin(&rotate, &deployed, &keys, consent, interrupts, workspace).await,
    }
}

/// The new key, through the stack that owns it.
async fn begin(
    rotate: &Rotate,
    deployed: &Deployed,
    keys: &[Key],
    consent: Consent,
    interrupts: Interrupts,
    workspace: &Workspace,
) -> anyhow::Result<()> {
    let tier = rotate.tier.name;
    let again = command(rotate);
    if let Some(old) = keys.iter().find(|key| key.state == State::Old) {
        anyhow::bail!(
            "a rotation is under way: key `{}` is valid still; `{again} --finish` ends it first",
            old.id
        );
    }
    let mut engine = deployed.environment.engine(workspace, interrupts);
    let name = &deployed.stack.name;
    let stack = engine.settled(name).await?;
    let stack = stack.with_context(|| format!("stack `{name}` is gone"))?;
    let next = generation(&stack, rotate.tier)? + 1;
    let file = edited_file(rotate, workspace, next)?;
    let values = Parameters::from([(
        rotate.tier.generation_parameter.to_owned(),
        next.to_string(),
    )]);
    let question = format!("Give {tier} consumers of {name} a new key?");
    let stack = revise(&mut engine, &stack, &values, consent, &question).await?;
    let (path, text) = file;
    std::fs::write(workspace.root().join(&path), text).with_context(|| {
        format!(
            "the new key is there, but `{path}` cannot be written: set `{}` to {next} in it, \
             or the next deploy makes another key",
            rotate.tier.generation_parameter
        )
    })?;
    let new = stack.outputs.get(rotate.tier.key_output);
    let new = new.map_or("(unknown)", String::as_str);
    let flags = flags(rotate);
    screen::say(format!(
        "\n{GOOD}{tier} has a new key, {new}; the old one is valid still{GOOD:#}\n\n\
         `{path}` remembers it; commit it.\n\
         The value, for the consumers:     cargo xtask keys --show {tier}{flags}\n\
         Whether the old one is in use:    cargo xtask keys{flags}\n\
         When it is not:                   {again} --finish"
    ));
    Ok(())
}

/// Disables what rotations left. The stack knows nothing of it any more.
async fn finish(
    rotate: &Rotate,
    deployed: &Deployed,
    keys: &[Key],
    consent: Consent,
    mut interrupts: Interrupts,
) -> anyhow::Result<()> {
    let tier = rotate.tier.name;
    let old: Vec<&Key> = keys.iter().filter(|key| key.state == State::Old).collect();
    if old.is_empty() {
        screen::say(format!(
            "{tier} has no old key that is valid, nothing to do"
        ));
        return Ok(());
    }
    let current = keys.iter().find(|key| key.state == State::Current);
    let current = current.with_context(|| {
        format!("{tier} has no current key; disabling the old one would lock consumers out")
    })?;
    let age = live::now() / 1000 - current.created_at;
    let age = Duration::from_secs(u64::try_from(age).unwrap_or(0));
    if let Some(left) = rotate.grace.checked_sub(age)
        && !left.is_zero()
    {
        anyhow::bail!(
            "the new key is not {} old yet, {} to go; nothing was disabled, and `--grace 0` \
             says that it is meant",
            humantime::format_duration(rotate.grace),
            humantime::format_duration(Duration::from_secs(left.as_secs()))
        );
    }
    for key in &old {
        if let Some(used) = key.used_today.filter(|used| *used > 0) {
            screen::say(format!(
                "key {} was used today, {used} times: its consumers get 403 from now on",
                key.id
            ));
        }
    }
    let ids: Vec<&str> = old.iter().map(|key| key.id.as_str()).collect();
    let question = format!("Disable {tier}'s old key {}?", ids.join(", "));
    consent.obtain(&question, &mut interrupts).await?;
    for key in old {
        let connection = &deployed.environment.connection;
        api_gateway::enable_key(connection, &key.id, false).await?;
        screen::say(format!("{GOOD}disabled{GOOD:#} {} {}", key.id, key.name));
    }
    Ok(())
}

/// The stage's file, and its text with the new generation; found out before anything changes.
fn edited_file(
    rotate: &Rotate,
    workspace: &Workspace,
    next: u64,
) -> anyhow::Result<(String, String)> {
    let root = read_template(&workspace.templates(), "root.yaml")?;
    let stage_file = StageFile::read(workspace, &rotate.stage.stage, &root)?;
    let path = stage_file.name();
    let text = match text_file::read(&workspace.root().join(&path)) {
        Ok(text) => text,
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(err) => return Err(err).context(format!("cannot read `{path}`")),
    };
    let text = with_parameter(&text, rotate.tier.generation_parameter, next)
        .with_context(|| format!("in `{path}`"))?;
    Ok((path, text))
}

fn command(rotate: &Rotate) -> String {
    format!(
        "cargo xtask keys rotate {}{}",
        rotate.tier.name,
        flags(rotate,)
    )
}

fn flags(rotate: &Rotate) -> String {
    format!(
        " --stage {}{}",
        rotate.stage.stage,
        rotate.environment.repeated()
    )
}

/// Which key of its kind is deployed.
fn generation(stack: &Stack, tier: &'static Tier) -> anyhow::Result<u64> {
    let name = tier.generation_parameter;
    let value = stack.parameters.get(name).with_context(|| {
        format!("the deployed stack has no parameter `{name}`; deploy it once more")
    })?;
    value
        .parse()
        .with_context(|| format!("the deployed `{name}` is `{value}`, no number"))
}
