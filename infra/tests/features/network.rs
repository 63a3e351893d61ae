//! The network: where its subnets are, and that nothing leads out of it but one rule.

use serde_json::json;

use super::flat;

#[test]
fn the_network_is_isolated() {
    let flat = flat(&[]);
    assert_eq!(flat.only("AWS::EC2::VPC")["CidrBlock"], "10.1.0.0/16");
    let subnets = flat.of_type("AWS::EC2::Subnet");
    assert!(subnets.len() >= 2);
    let mut zones: Vec<String> = subnets
        .iter()
        .map(|(_, subnet)| subnet["AvailabilityZone"].to_string())
        .collect();
    zones.dedup();
    assert_eq!(zones.len(), subnets.len());
    for (name, subnet) in &subnets {
        assert!(
            subnet["CidrBlock"].as_str().unwrap().ends_with("/24"),
            "{name}"
        );
        assert_eq!(subnet["MapPublicIpOnLaunch"], false, "{name}");
    }
    for absent in [
        "AWS::EC2::Route",
        "AWS::EC2::InternetGateway",
        "AWS::EC2::NatGateway",
        "AWS::EC2::EgressOnlyInternetGateway",
        "AWS::EC2::VPCGatewayAttachment",
    ] {
        assert_eq!(flat.of_type(absent), [], "{absent}");
    }
    let group = flat.only("AWS::EC2::SecurityGroup");
    assert!(group.get("SecurityGroupIngress").is_none());
    let egress = group["SecurityGroupEgress"].as_array().unwrap();
    assert_eq!(egress.len(), 1);
    assert_eq!(
        (&egress[0]["FromPort"], &egress[0]["ToPort"]),
        (&json!(443), &json!(443))
    );
    assert_eq!(
        egress[0]["DestinationPrefixListId"],
        "<DynamoDbPrefixListId>"
    );
    assert!(egress[0].get("CidrIp").is_none());
}

#[test]
fn the_subnets_are_in_the_zones_that_are_named() {
    let flat = flat(&[
        ("AvailabilityZoneA", "us-east-1b"),
        ("AvailabilityZoneB", "us-east-1d"),
    ]);
    let zone = |subnet: &str| &flat.properties(subnet)["AvailabilityZone"];
    assert_eq!(zone("Network.SubnetA"), "us-east-1b");
    assert_eq!(zone("Network.SubnetB"), "us-east-1d");
}
