//! Availability zones: those that the subnets of a new stage can be in.

use roxmltree::{Document, Node};

use super::{Connection, endpoint, signed};
use crate::error::{Context as _, Result};

/// Zones without Lambda, by region: it refuses a function with a subnet there. A zone's ID is the
/// same in every account, its name is not.
const WITHOUT_LAMBDA: [(&str, &str); 1] = [("us-east-1", "use1-az3")];

/// The names of two zones with Lambda, where the region has zones without it; elsewhere
/// CloudFormation may choose.
///
/// Source: EC2's `DescribeAvailabilityZones`, filtered by what is available and no local zone.
pub async fn with_lambda(connection: &Connection) -> Result<Option<[String; 2]>> {
    let region = connection.region.as_str();
    if WITHOUT_LAMBDA.iter().all(|(one, _)| *one != region) {
        return Ok(None);
    }
    let path = "/?Action=DescribeAvailabilityZones&Version=2016-11-15\
                &Filter.1.Name=state&Filter.1.Value.1=available\
                &Filter.2.Name=zone-type&Filter.2.Value.1=availability-zone";
    let answer = signed::get(connection, endpoint::EC2, path).await;
    let zones = answer.and_then(|answer| first_two(&answer));
    let zones = zones.with_context(|| {
        format!(
            "cannot look up the zones of {region} (ec2:DescribeAvailabilityZones); name two that \
             have Lambda with `--param AvailabilityZoneA=..` and `--param AvailabilityZoneB=..`"
        )
    })?;
    Ok(Some(zones))
}

/// By name, as CloudFormation has them.
fn first_two(answer: &str) -> Result<[String; 2]> {
    let document = Document::parse(answer).context("the answer is not XML")?;
    // Tag names carry the API's namespace, and zones have lists of their own.
    let is_zone = |node: &Node<'_, '_>| {
        let parent = node.parent();
        parent.is_some_and(|parent| parent.tag_name().name() == "availabilityZoneInfo")
    };
    let text = |zone: Node<'_, '_>, name: &str| {
        let mut members = zone.children();
        let member = members.find(|node| node.tag_name().name() == name)?;
        member.text().map(ToOwned::to_owned)
    };
    let mut names = Vec::new();
    for zone in document.descendants().filter(is_zone) {
        let has_lambda = text(zone, "zoneId")
            .is_some_and(|id| WITHOUT_LAMBDA.iter().all(|(_, without)| *without != id));
        names.extend(text(zone, "zoneName").filter(|_| has_lambda));
    }
    names.sort();
    match names.into_iter().take(2).collect::<Vec<_>>().try_into() {
        Ok(two) => Ok(two),
        Err(_) => snafu::whatever!("there are not two with Lambda"),
    }
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
