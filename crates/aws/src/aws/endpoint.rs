//! Where a service is that no client of the SDK's is here for, by the rules that its clients
//! follow: the configured endpoint of the service, that of all services, or AWS's own host.

use aws_config::SdkConfig;
use aws_sdk_cloudformation::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use aws_types::service_config::ServiceConfigKey;

use crate::error::{Error, Result};
use cfnkit_console::error::Context as _;

/// The endpoint of all services; with a service's id behind it, that service's.
pub(super) const VARIABLE: &str = "AWS_ENDPOINT_URL";

/// The service whose rules in the SDK tell the hosts of every partition.
const KNOWN: &str = "cloudformation";

/// A service, under the names that signatures, settings and hosts have for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Service {
    /// In signatures and hosts.
    pub(super) name: &'static str,
    /// In settings, as in `AWS_ENDPOINT_URL_CLOUDWATCH_LOGS`.
    pub(super) id: &'static str,
    /// What its operations begin with in AWS's JSON protocol, if it speaks that.
    pub(super) target: Option<&'static str>,
    /// In AWS GovCloud every host is one for FIPS; some services have a second name for it there.
    is_fips_in_its_name: bool,
}

const fn service(name: &'static str, id: &'static str, target: Option<&'static str>) -> Service {
    Service {
        name,
        id,
        target,
        is_fips_in_its_name: false,
    }
}

const fn service_with_fips(name: &'static str, id: &'static str) -> Service {
    Service {
        is_fips_in_its_name: true,
        ..service(name, id, None)
    }
}

pub(super) const API_GATEWAY: Service = service_with_fips("apigateway", "API Gateway");
pub(super) const CLOUDTRAIL: Service = service(
    "cloudtrail",
    "CloudTrail",
    Some("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101"),
);
pub(super) const CLOUDWATCH: Service = service(
    "monitoring",
    "CloudWatch",
    Some("GraniteServiceVersion20100801"),
);
pub(super) const EC2: Service = service("ec2", "EC2", None);
pub(super) const LAMBDA: Service = service_with_fips("lambda", "Lambda");
pub(super) const LOGS: Service = service("logs", "CloudWatch Logs", Some("Logs_20140328"));
pub(super) const SERVICE_QUOTAS: Service = service(
    "servicequotas",
    "Service Quotas",
    Some("ServiceQuotasV20190624"),
);
pub(super) const XRAY: Service = service_with_fips("xray", "XRay");

/// The endpoint's URL, without a slash at its end.
pub(super) async fn of(config: &SdkConfig, service: Service) -> Result<String> {
    let url = match configured(config, service) {
        Some(url) => url,
        None => aws_host(config, service).await?,
    };
    Ok(url.trim_end_matches('/').to_owned())
}

fn configured(config: &SdkConfig, service: Service) -> Option<String> {
    let of_all = config.endpoint_url().map(ToOwned::to_owned);
    if config.get_origin("endpoint_url").is_client_config() {
        return of_all;
    }
    setting(config, service.id).or(of_all)
}

/// What the variables and the profile say of the service of this id, or of all.
pub(super) fn setting(config: &SdkConfig, id: &str) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id(id)
        .env(VARIABLE)
        .profile("endpoint_url")
        .build()
        .ok()?;
    config.service_config()?.load_config(key)
}

async fn aws_host(config: &SdkConfig, service: Service) -> Result<String> {
    let region = config.region().context("no region")?;
    let use_fips = config.use_fips().unwrap_or_default();
    let params = Params::builder()
        .region(region.as_ref())
        .use_fips(use_fips)
        .use_dual_stack(config.use_dual_stack().unwrap_or_default())
        .build()
        .with_context(|| format!("no endpoint in {region}"))?;
    let resolver = DefaultResolver::new();
    let known = ResolveEndpoint::resolve_endpoint(&resolver, &params).await;
    let known = known
        .map_err(|err| Error::new(err.to_string()))
        .with_context(|| format!("no endpoint of `{}` in {region}", service.name))?;
    let rest = known
        .url()
        .strip_prefix("https://")
        .and_then(|host| host.strip_prefix(KNOWN))
        .with_context(|| format!("`{}` is no endpoint of `{KNOWN}`", known.url()))?;
    let fips = match use_fips && service.is_fips_in_its_name && !rest.starts_with("-fips") {
        true => "-fips",
        false => "",
    };
    Ok(format!("https://{}{fips}{rest}", service.name))
}

#[cfg(test)]
mod tests {
    use aws_config::Region;

    use super::*;

    async fn host(service: Service, region: &'static str, fips: bool, dual_stack: bool) -> String {
        let config = SdkConfig::builder()
            .region(Region::from_static(region))
            .use_fips(fips)
            .use_dual_stack(dual_stack)
            .build();
        of(&config, service).await.unwrap()
    }

    /// The hosts that the AWS CLI's own rules for the services give.
    #[tokio::test]
    async fn hosts_are_those_of_the_partition() {
        for (region, expected) in [
            ("eu-west-1", "https://lambda.eu-west-1.amazonaws.com"),
            ("cn-north-1", "https://lambda.cn-north-1.amazonaws.com.cn"),
            (
                "us-gov-west-1",
                "https://lambda.us-gov-west-1.amazonaws.com",
            ),
            (
                "eusc-de-east-1",
                "https://lambda.eusc-de-east-1.amazonaws.eu",
            ),
            ("us-iso-east-1", "https://lambda.us-iso-east-1.c2s.ic.gov"),
            (
                "us-isob-east-1",
                "https://lambda.us-isob-east-1.sc2s.sgov.gov",
            ),
        ] {
            assert_eq!(host(LAMBDA, region, false, false).await, expected);
        }
    }

    #[tokio::test]
    async fn fips_and_both_stacks_are_in_the_host() {
        for (service, region, fips, dual_stack, expected) in [
            (
                EC2,
                "us-east-1",
                true,
                false,
                "https://ec2-fips.us-east-1.amazonaws.com",
            ),
            (
                LOGS,
                "eu-west-1",
                false,
                true,
                "https://logs.eu-west-1.api.aws",
            ),
            (
                LAMBDA,
                "us-east-1",
                true,
                true,
                "https://lambda-fips.us-east-1.api.aws",
            ),
            (
                CLOUDWATCH,
                "us-gov-west-1",
                true,
                false,
                "https://monitoring.us-gov-west-1.amazonaws.com",
            ),
            (
                LAMBDA,
                "us-gov-west-1",
                true,
                false,
                "https://lambda-fips.us-gov-west-1.amazonaws.com",
            ),
        ] {
            assert_eq!(host(service, region, fips, dual_stack).await, expected);
        }
    }
}
