//! EC2: what is there for a network in the region.

use roxmltree::{Document, Node};

use super::Connection;
use super::endpoint::EC2;
use super::signed::{element, escape};
use crate::error::{Error, Result};
use cfnkit_console::error::Context as _;

/// Zones without Lambda, by region: it refuses a function with a subnet there. A zone's ID is the
/// same in every account, its name is not.
const WITHOUT_LAMBDA: [(&str, &str); 1] = [("us-east-1", "use1-az3")];

/// The ID of the region's prefix list for DynamoDB (`pl-..`). CloudFormation has no look-up.
///
/// Source: EC2's `DescribeManagedPrefixLists`, filtered by `com.amazonaws.<region>.dynamodb`.
///
/// # Errors
///
/// The call fails, its answer is not XML, or the region has no such list.
pub async fn dynamodb_prefix_list(connection: &Connection, parameter: &str) -> Result<String> {
    let region = &connection.region;
    let filters =
        format!("&Filter.1.Name=prefix-list-name&Filter.1.Value.1=com.amazonaws.{region}.dynamodb");
    let answer = describe(connection, "DescribeManagedPrefixLists", &filters).await;
    let id = answer.and_then(|answer| {
        let document = parse(&answer)?;
        let id = text(document.root(), "prefixListId");
        Ok(id.context("the region has none")?)
    });
    Ok(id.with_context(|| {
        format!(
            "cannot look up DynamoDB's prefix list in {region} (ec2:DescribeManagedPrefixLists); \
             pass it with `--param {parameter}=pl-..`"
        )
    })?)
}

/// How many VPCs the region has.
///
/// Source: EC2's `DescribeVpcs`.
///
/// # Errors
///
/// A call fails, or its answer is not XML or has no set of VPCs.
pub async fn vpcs(connection: &Connection) -> Result<u64> {
    let mut count = 0;
    let mut token = String::new();
    loop {
        let answer = describe(connection, "DescribeVpcs", &token).await?;
        let document = parse(&answer)?;
        let set = element(document.root(), "vpcSet").context("EC2's answer has no VPCs")?;
        count += set.children().filter(Node::is_element).count() as u64;
        match text(document.root(), "nextToken") {
            Some(next) => token = format!("&NextToken={}", escape(&next)),
            None => return Ok(count),
        }
    }
}

/// The names of two availability zones with Lambda, for the subnets of a new stage, where the
/// region has zones without it; elsewhere CloudFormation may choose.
///
/// Source: EC2's `DescribeAvailabilityZones`, filtered by what is available and no local zone.
///
/// # Errors
///
/// Where zones are looked up: the call fails, its answer is not XML, or fewer than two zones have
/// Lambda.
pub async fn zones_with_lambda(
    connection: &Connection,
    [one, other]: [&str; 2],
) -> Result<Option<[String; 2]>> {
    let region = connection.region.as_str();
    if WITHOUT_LAMBDA.iter().all(|(there, _)| *there != region) {
        return Ok(None);
    }
    let filters = "&Filter.1.Name=state&Filter.1.Value.1=available\
                   &Filter.2.Name=zone-type&Filter.2.Value.1=availability-zone";
    let answer = describe(connection, "DescribeAvailabilityZones", filters).await;
    let zones = answer.and_then(|answer| first_two(&answer));
    let zones = zones.with_context(|| {
        format!(
            "cannot look up the zones of {region} (ec2:DescribeAvailabilityZones); name two that \
             have Lambda with `--param {one}=..` and `--param {other}=..`"
        )
    })?;
    Ok(Some(zones))
}

async fn describe(connection: &Connection, action: &str, rest: &str) -> Result<String> {
    let path = format!("/?Action={action}&Version=2016-11-15{rest}");
    EC2.get(connection, &path).await
}

fn parse(answer: &str) -> Result<Document<'_>> {
    Ok(Document::parse(answer).context("the answer is not XML")?)
}

fn text(node: Node<'_, '_>, name: &str) -> Option<String> {
    element(node, name)?.text().map(ToOwned::to_owned)
}

/// By name, as CloudFormation has them.
fn first_two(answer: &str) -> Result<[String; 2]> {
    let document = parse(answer)?;
    // Zones have lists of their own.
    let zones = element(document.root(), "availabilityZoneInfo");
    let zones = zones.into_iter().flat_map(|zones| zones.children());
    let mut names = Vec::new();
    for zone in zones {
        let has_lambda = text(zone, "zoneId")
            .is_some_and(|id| WITHOUT_LAMBDA.iter().all(|(_, without)| *without != id));
        names.extend(text(zone, "zoneName").filter(|_| has_lambda));
    }
    names.sort();
    names.truncate(2);
    let two = names.try_into();
    two.map_err(|_| Error::new("there are not two with Lambda"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str, id: &str) -> String {
        format!(
            "<item><optInStatus>opt-in-not-required</optInStatus><messageSet/>\
             <regionName>us-east-1</regionName><zoneName>{name}</zoneName><zoneId>{id}</zoneId>\
             <groupName>us-east-1-zg-1</groupName><zoneType>availability-zone</zoneType>\
             <geographySet><item><name>United States of America</name></item></geographySet>\
             <zoneState>available</zoneState></item>"
        )
    }

    fn answer(zones: &[(&str, &str)]) -> String {
        let zones: String = zones.iter().map(|(name, id)| zone(name, id)).collect();
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <DescribeAvailabilityZonesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
             <requestId>59dbff89-35bd-4eac-99ed-be587EXAMPLE</requestId>\n\
             <availabilityZoneInfo>\n{zones}\n</availabilityZoneInfo>\
             </DescribeAvailabilityZonesResponse>"
        )
    }

    #[test]
    fn the_first_two_zones_with_lambda_are_taken() {
        let zones = [
            ("us-east-1c", "use1-az1"),
            ("us-east-1a", "use1-az3"),
            ("us-east-1d", "use1-az6"),
            ("us-east-1b", "use1-az2"),
        ];
        let two = first_two(&answer(&zones)).unwrap();
        assert_eq!(two, ["us-east-1b", "us-east-1c"]);
    }

    #[test]
    fn one_zone_is_not_enough() {
        let zones = [("us-east-1a", "use1-az3"), ("us-east-1b", "use1-az2")];
        let err = first_two(&answer(&zones)).unwrap_err();
        assert_eq!(err.to_string(), "there are not two with Lambda");
    }
}
