//! Which profile a connection uses, whether it wins over the keys of the environment, and where
//! its credentials come from, all of it as the AWS CLI decides it.

use std::borrow::Cow;

use aws_config::SdkConfig;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::{Profile, ProfileFileCredentialsProvider, ProfileSet};
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::{Env, Fs};

use super::Selection;
use super::mfa::Device;
use cfnkit_console::bail;
use cfnkit_console::error::{Context as _, Result};
use cfnkit_console::variable;

/// What was decided before anybody is asked for credentials.
#[derive(Debug, Default)]
pub(super) struct Selected {
    /// The flag's or a variable's.
    pub(super) profile: Option<String>,
    /// Named by the flag: it wins over the environment's keys, and a variable does not.
    is_explicit: bool,
    /// How a person signs in to where the credentials come from.
    pub(super) sign_in: Option<String>,
    /// Where a role is assumed with a code.
    pub(super) device: Option<Device>,
    /// AWS is asked for the credentials.
    pub(super) calls_to_sign_in: bool,
    /// The user's files, with the profile as the selected one.
    pub(super) profiles: Option<ProfileSet>,
}

/// # Errors
///
/// Files that cannot be read, a profile that is not there, or one whose credentials come from
/// nowhere: further sources must not take its place, they belong to somebody else.
pub(super) async fn select(selection: &Selection) -> Result<Selected> {
    let named = match &selection.profile {
        Some(profile) => Some(profile.clone()),
        None => match variable::text("AWS_PROFILE")? {
            Some(profile) => Some(profile),
            None => variable::text("AWS_DEFAULT_PROFILE")?,
        },
    };
    let profiles = aws_config::profile::load(
        &Fs::real(),
        &Env::real(),
        &EnvConfigFiles::default(),
        named.clone().map(Cow::Owned),
    )
    .await
    .context("cannot read the AWS configuration files")?;
    let is_explicit = selection.profile.is_some();
    let has_keys = variable::value("AWS_ACCESS_KEY_ID").is_some()
        && (variable::value("AWS_SECRET_ACCESS_KEY").is_some()
            || variable::value("SECRET_ACCESS_KEY").is_some());
    if let Some(profile) = &named {
        check_profile(&profiles, profile)?;
    }
    let mut selected = Selected {
        profile: named,
        is_explicit,
        ..Selected::default()
    };
    if !has_keys || is_explicit {
        selected.follow_sources(&profiles)?;
    }
    selected.calls_to_sign_in |= variable::value("AWS_WEB_IDENTITY_TOKEN_FILE").is_some();
    selected.profiles = Some(profiles);
    Ok(selected)
}

impl Selected {
    /// The name of the profile that is read, whoever chose it.
    pub(super) fn profile_name(&self) -> &str {
        self.profile.as_deref().unwrap_or("default")
    }

    fn follow_sources(&mut self, profiles: &ProfileSet) -> Result<()> {
        let sources = sources(profiles, self.profile_name())?;
        let Some(last) = sources.last() else {
            return Ok(());
        };
        let name = last.name();
        let is_role = |profile: &&Profile| profile.get("role_arn").is_some();
        self.calls_to_sign_in = sources.iter().any(is_role);
        if last.get("login_session").is_some() {
            self.calls_to_sign_in = true;
            self.sign_in = Some(format!("aws login --profile {name}"));
        } else if last.get("sso_session").is_some() || last.get("sso_start_url").is_some() {
            self.calls_to_sign_in = true;
            self.sign_in = Some(format!("aws sso login --profile {name}"));
            let is_complete = ["sso_account_id", "sso_role_name"]
                .iter()
                .all(|key| last.get(key).is_some());
            if !is_complete && !has_keys(last) {
                bail!(
                    "profile `{name}` signs in and chooses no account; add `sso_account_id` and \
                     `sso_role_name` to it, for example with `aws configure sso --profile {name}`"
                );
            }
        }
        for (at, profile) in sources.iter().enumerate() {
            let Some(device) = Device::of(profile)? else {
                continue;
            };
            if at > 0 {
                bail!(
                    "profile `{}` wants a code of `{}`, which can be asked for only where it is \
                     the chosen profile; {}",
                    profile.name(),
                    device.serial,
                    super::mfa::exported(self.profile_name())
                );
            }
            self.device = Some(device);
        }
        Ok(())
    }

    /// `config` with the credentials of the profile that the flag names, and with no others.
    pub(super) fn apply(&self, config: SdkConfig) -> SdkConfig {
        let (true, Some(profile)) = (self.is_explicit, &self.profile) else {
            return config;
        };
        let settings = provider_config(&config);
        // A profile without credentials is for the region: those of the machine come next.
        let chain = CredentialsProviderChain::first_try("Profile", of_profile(&settings, profile))
            .or_else("EcsContainer", of_container(&settings))
            .or_else("Ec2InstanceMetadata", of_instance(&settings));
        let provider = SharedCredentialsProvider::new(chain);
        config.into_builder().credentials_provider(provider).build()
    }
}

pub(super) fn of_profile(
    settings: &ProviderConfig,
    profile: &str,
) -> ProfileFileCredentialsProvider {
    ProfileFileCredentialsProvider::builder()
        .configure(settings)
        .profile_name(profile)
        .build()
}

pub(super) fn of_container(settings: &ProviderConfig) -> EcsCredentialsProvider {
    let provider = EcsCredentialsProvider::builder();
    provider.configure(settings).build()
}

pub(super) fn of_instance(settings: &ProviderConfig) -> ImdsCredentialsProvider {
    let provider = ImdsCredentialsProvider::builder();
    provider.configure(settings).build()
}

/// How those who provide credentials call AWS: as everything else here does.
pub(super) fn provider_config(config: &SdkConfig) -> ProviderConfig {
    let mut settings = ProviderConfig::without_region()
        .with_region(config.region().cloned())
        .with_use_fips(config.use_fips())
        .with_use_dual_stack(config.use_dual_stack())
        .with_behavior_version(config.behavior_version());
    if let Some(client) = config.http_client() {
        settings = settings.with_http_client(client);
    }
    if let Some(retries) = config.retry_config() {
        settings = settings.with_retry_config(retries.clone());
    }
    if let Some(timeouts) = config.timeout_config() {
        settings = settings.with_timeout_config(timeouts.clone());
    }
    settings
}

fn check_profile(profiles: &ProfileSet, profile: &str) -> Result<()> {
    if profiles.get_profile(profile).is_some() {
        return Ok(());
    }
    let may_be_in_a_name = |c: char| c.is_ascii_alphanumeric() || "_-/.%@:+".contains(c);
    if !profile.is_empty() && !profile.chars().all(may_be_in_a_name) {
        bail!(
            "no AWS profile `{profile}`: AWS's SDK passes over profiles with such a name; give it \
             one of ASCII letters, digits and `-_./@:+%`"
        );
    }
    bail!("no AWS profile `{profile}`; {}", known(profiles));
}

fn known(profiles: &ProfileSet) -> String {
    let mut known: Vec<&str> = profiles.profiles().collect();
    known.sort_unstable();
    match known.is_empty() {
        true => "there are none; create one with `aws configure sso`".to_owned(),
        false => format!("known profiles: {}", known.join(", ")),
    }
}

/// The profile and those that it names as sources, to the one whose credentials come from
/// elsewhere. A circle is left to the SDK, which says so.
fn sources<'a>(profiles: &'a ProfileSet, name: &str) -> Result<Vec<&'a Profile>> {
    let mut found: Vec<&Profile> = Vec::new();
    let mut next = profiles.get_profile(name);
    while let Some(profile) = next {
        let is_known = found.iter().any(|other| other.name() == profile.name());
        if is_known {
            break;
        }
        found.push(profile);
        let is_source = found.len() > 1 && has_keys(profile);
        let assumes =
            profile.get("role_arn").is_some() && profile.get("web_identity_token_file").is_none();
        next = match profile.get("source_profile") {
            Some(source) if assumes && !is_source => {
                let missing = || {
                    format!(
                        "profile `{}` takes its credentials from profile `{source}` \
                         (`source_profile`), which is not there; {}",
                        profile.name(),
                        known(profiles)
                    )
                };
                Some(profiles.get_profile(source).with_context(missing)?)
            }
            _ => None,
        };
    }
    Ok(found)
}

fn has_keys(profile: &Profile) -> bool {
    profile.get("aws_access_key_id").is_some() && profile.get("aws_secret_access_key").is_some()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    async fn profiles(text: &str, name: &str) -> ProfileSet {
        let files = EnvConfigFiles::builder()
            .with_contents(
                aws_runtime::env_config::file::EnvConfigFileKind::Config,
                text,
            )
            .build();
        let name = Some(Cow::Owned(name.to_owned()));
        aws_config::profile::load(&Fs::from_slice(&[]), &Env::from_slice(&[]), &files, name)
            .await
            .unwrap()
    }

    async fn check(text: &str, name: &str, expected: Expect) {
        let profiles = profiles(text, name).await;
        let mut selected = Selected {
            profile: Some(name.to_owned()),
            ..Selected::default()
        };
        let found = check_profile(&profiles, name)
            .and_then(|()| selected.follow_sources(&profiles))
            .map(|()| (selected.sign_in, selected.device));
        expected.assert_eq(&match found {
            Ok((sign_in, device)) => format!("{sign_in:?} {}", device.is_some()),
            Err(err) => err.to_string(),
        });
    }

    #[tokio::test]
    async fn a_missing_profile_is_named_with_who_named_it() {
        let text = "[profile a]\nrole_arn = r\nsource_profile = b\n[profile c]\nregion = x\n";
        check(
            text,
            "b",
            expect!["no AWS profile `b`; known profiles: a, c"],
        )
        .await;
        check(
            text,
            "a",
            expect![
                "profile `a` takes its credentials from profile `b` (`source_profile`), which is not there; known profiles: a, c"
            ],
        )
        .await;
        check(
            "[profile \"a b\"]\nregion = x\n",
            "a b",
            expect![
                "no AWS profile `a b`: AWS's SDK passes over profiles with such a name; give it one of ASCII letters, digits and `-_./@:+%`"
            ],
        )
        .await;
    }

    #[tokio::test]
    async fn a_person_signs_in_where_the_credentials_come_from() {
        let text = "[profile role]\nrole_arn = r\nsource_profile = base\n\
            [profile base]\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\n\
            [profile token]\nsso_session = s\n\
            [profile console]\nlogin_session = arn\n\
            [profile keys]\naws_access_key_id = a\naws_secret_access_key = b\n\
            [profile circle]\nrole_arn = r\nsource_profile = circle\n";
        check(
            text,
            "role",
            expect![[r#"Some("aws sso login --profile base") false"#]],
        )
        .await;
        check(
            text,
            "console",
            expect![[r#"Some("aws login --profile console") false"#]],
        )
        .await;
        check(text, "keys", expect!["None false"]).await;
        check(text, "circle", expect!["None false"]).await;
        check(
            text,
            "token",
            expect![
                "profile `token` signs in and chooses no account; add `sso_account_id` and `sso_role_name` to it, for example with `aws configure sso --profile token`"
            ],
        )
        .await;
    }

    #[tokio::test]
    async fn a_code_is_asked_for_the_chosen_profile_alone() {
        let text = "[profile a]\nrole_arn = r\nsource_profile = k\nmfa_serial = arn:mfa\n\
            [profile k]\naws_access_key_id = a\naws_secret_access_key = b\n\
            [profile b]\nrole_arn = s\nsource_profile = a\n";
        check(text, "a", expect!["None true"]).await;
        check(
            text,
            "b",
            expect![[
                r#"profile `a` wants a code of `arn:mfa`, which can be asked for only where it is the chosen profile; run `eval "$(aws configure export-credentials --profile b --format env)"` first"#
            ]],
        )
        .await;
    }
}
