//! What single services said.

use super::{CREATED, Case, DELETED, LAMBDA};

pub(super) const CASES: &[Case] = &[
    // https://github.com/serverless/serverless/issues/3237
    (
        "in another stack",
        "AWS::Logs::LogGroup",
        CREATED,
        "/aws/lambda/development-get-stat  already exists in stack  arn:aws:cloudformation:us-east-1:1:stack/alertgraph-development/1-4846-11e8-9f74-1",
        "`arn:aws:cloudformation:us-east-1:1:stack/alertgraph-development/1-4846-11e8-9f74-1`",
    ),
    // https://github.com/aws-solutions/amazon-marketing-cloud-uploader-from-aws/issues/167
    (
        "log group exists",
        "AWS::Logs::LogGroup",
        CREATED,
        r#"Resource handler returned message: "Resource of type 'AWS::Logs::LogGroup' with identifier '{"/properties/LogGroupName":"/aws/lambda/iantest-v2sol-AnonymousDataCustomResource-GeGYyD40GciG"}' already exists." (RequestToken: 258db5a1-23c6-5e4b-4d23-7a469fc2de96, HandlerErrorCode: AlreadyExists)"#,
        "--log-group-name /aws/lambda/iantest-v2sol-AnonymousDataCustomResource-GeGYyD40GciG` and",
    ),
    // https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2075
    (
        "function exists",
        LAMBDA,
        CREATED,
        r#"Resource handler returned message: "Function creation failed because the function already exists" "#,
        "aws lambda delete-function",
    ),
    // https://github.com/aws/aws-cdk-cli/issues/1000
    (
        "function exists",
        LAMBDA,
        "VALIDATION_FAILED",
        "Resource of type 'AWS::Lambda::Function' with identifier 'my-lambda-function' already exists.",
        "aws lambda delete-function",
    ),
    // https://github.com/aws-samples/one-observability-demo/issues/278
    (
        "reserved concurrency",
        LAMBDA,
        CREATED,
        r#"Resource handler returned message: "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [10]. (Service: Lambda, Status Code: 400, Request ID: 07097af1-64be-450d-9bf6-d2bc0701153d)" (RequestToken: feab4f82-17fa-ca88-2e9f-521cfe779f50, HandlerErrorCode: InvalidRequest)"#,
        "must keep 10 executions",
    ),
    // https://github.com/aws-samples/aws-ct-vpc-flowlogs/issues/1
    (
        "role not assumable by Lambda",
        LAMBDA,
        CREATED,
        r#"Resource handler returned message: "The role defined for the function cannot be assumed by Lambda. (Service: Lambda, Status Code: 400, Request ID: b3ca3772-7cf9-484d-aed6-34c758a5325e, Extended Request ID: null)""#,
        "lambda.amazonaws.com",
    ),
    // From memory.
    (
        "role without network interfaces",
        LAMBDA,
        CREATED,
        r#"Resource handler returned message: "The provided execution role does not have permissions to call CreateNetworkInterface on EC2 (Service: Lambda, Status Code: 400)""#,
        "`ec2:CreateNetworkInterface`",
    ),
    // https://github.com/amazon-connect/voicemail-for-amazon-connect/issues/77
    (
        "code size",
        LAMBDA,
        CREATED,
        r#"Resource handler returned message: "Unzipped size must be smaller than 262144000 bytes (Service: Lambda, Status Code: 400, Request ID: 69b4c29e-e336-421f-a6ec-ce7c413a93e7, Extended Request ID: null)" (RequestToken: 282abe5b-810f-a238-fe9e-2b4f209af5bb, HandlerErrorCode: InvalidRequest)"#,
        "262144000",
    ),
    // https://github.com/aws-samples/aws-account-vending-machine/issues/23
    (
        "asset not there",
        LAMBDA,
        CREATED,
        r#"Resource handler returned message: "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist. (Service: Lambda, Status Code: 400, Request ID: ad9bb8d6-5c12-432e-8438-8584ce7c9024)" (RequestToken: fe23dc9c-f282-baaf-a281-8b99d4caf956, HandlerErrorCode: InvalidRequest)"#,
        "deploy again",
    ),
    // https://github.com/aws-samples/aws-xray-cloudwatch-event/issues/2
    (
        "asset not readable",
        LAMBDA,
        CREATED,
        "Your access has been denied by S3, please make sure your request credentials have permission to GetObject for lambdacodexcw/Archive.zip. S3 Error Code: AccessDenied. S3 Error Message: Access Denied (Service: AWSLambdaInternal; Status Code: 403; Error Code: AccessDeniedException; Request ID: a74b64c5-4456-4a7e-9358-9a6be6f29288; Proxy: null)",
        "s3:GetObject",
    ),
    // https://github.com/awslabs/sagemaker-explaining-credit-decisions/issues/1
    (
        "asset not readable",
        "AWS::CloudFormation::Stack",
        CREATED,
        "S3 error: Access Denied For more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html",
        "s3:GetObject",
    ),
    // https://github.com/hashicorp/terraform-provider-aws/issues/29080
    (
        "WAF not ready",
        "AWS::WAFv2::WebACLAssociation",
        CREATED,
        "WAFUnavailableEntityException: AWS WAF couldn\u{2019}t retrieve the resource that you requested. Retry your request.",
        "deploy again",
    ),
    // https://github.com/mikesouza/serverless-associate-waf/issues/27
    (
        "WAF not ready",
        "AWS::WAFv2::WebACLAssociation",
        CREATED,
        "AWS WAF couldn\u{2019}t retrieve the resource that you requested. Retry your request.",
        "deploy again",
    ),
    // https://github.com/aws-solutions/aws-waf-security-automations/issues/194
    (
        "WAF limit",
        "AWS::WAFRegional::IPSet",
        DELETED,
        "Operation would result in exceeding resource limits. (Service: AWSWAF; Status Code: 400; Error Code: WAFLimitsExceededException; Request ID: 45db77d3-c43a-4bf9-b2b9-46dd41cf5482; Proxy: null)",
        "list-web-acls",
    ),
    // https://github.com/aws-samples/amazon-bedrock-knowledgebase-slackbot/issues/6
    (
        "logs role",
        "AWS::ApiGateway::Stage",
        CREATED,
        r#"Resource handler returned message: "CloudWatch Logs role ARN must be set in account settings to enable logging (Service: ApiGateway, Status Code: 400, Request ID: REDACTED) (SDK Attempt Count: 1)" (RequestToken: REDACTED, HandlerErrorCode: InvalidRequest)"#,
        "`cargo xtask bootstrap --api-gateway-logs-role`",
    ),
    // https://github.com/hashicorp/terraform-provider-aws/issues/16439
    (
        "API changed meanwhile",
        "AWS::ApiGateway::Method",
        CREATED,
        "ConflictException: Unable to complete operation due to concurrent modification. Please try again later.",
        "deploy again",
    ),
    // https://github.com/aws/aws-sdk-js/issues/3841
    (
        "usage plan in use",
        "AWS::ApiGateway::UsagePlan",
        DELETED,
        "Cannot delete Usage Plan USAGE_PLAN_ID_HERE because there are API Stages associated with it, including API_ID_HERE:test",
        "--usage-plan-id USAGE_PLAN_ID_HERE --patch-operations op=remove,path=/apiStages,value=API_ID_HERE:test`",
    ),
    // https://github.com/boto/boto3/issues/1296
    (
        "API Gateway limit",
        "AWS::ApiGateway::RestApi",
        CREATED,
        "Maximum number of Resources for this API has been reached.  Please contact AWS if you need additional Resources.",
        "--service-code apigateway",
    ),
    // https://github.com/aws-solutions-library-samples/guidance-for-automating-network-monitoring-and-alerting-on-aws/issues/7
    (
        "dashboard",
        "AWS::CloudWatch::Dashboard",
        CREATED,
        "The dashboard body is invalid, there are 1 validation errors:\n[\n{\n\"dataPath\": \"/widgets/0/properties/alarms\",\n\"message\": \"Should NOT have less than 1 items\"\n}\n] (Service: AmazonCloudWatch; Status Code: 400; Error Code: InvalidParameterInput; Request ID: 432d8488-fbe0-4038-99b7-634d5cc1b446; Proxy: null)",
        "`/widgets/0/properties/alarms`",
    ),
    // https://github.com/aws-bench/aws-bench/pull/41
    (
        "table protected",
        "AWS::DynamoDB::Table",
        DELETED,
        "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first",
        "--table-name the-physical-id --no-deletion",
    ),
    // https://github.com/aws/aws-cdk/issues/21776
    (
        "bucket not empty",
        "AWS::S3::Bucket",
        DELETED,
        "The bucket you tried to delete is not empty (Service: Amazon S3; Status Code: 409; Error Code: BucketNotEmpty; Request ID: 13B5WKE8TCT9VS8K; S3 Extended Request ID: /7/TL8ibQg7kBnNvHowx/D81U0VISP2NwXFUmne62ZBh4ahsFgTHqnUYHyZRNGnuShor+HdGMQ8=; Proxy: null)",
        "s3://the-physical-id ",
    ),
    // https://github.com/aws-cloudformation/rain/pull/744
    (
        "bucket not empty",
        "AWS::S3::Bucket",
        "VALIDATION_FAILED",
        "The bucket 'test-early-validation-20251218181322-2' is not empty. You must either delete all objects and versions or use the deletion policy to retain it, otherwise the delete operation will fail.",
        "s3://test-early-validation-20251218181322-2 ",
    ),
    // https://github.com/binxio/cfn-postgresql-user-provider/issues/9
    (
        "network interfaces",
        "AWS::EC2::SecurityGroup",
        DELETED,
        "resource sg-0b8b2fcf05a0509b6 has a dependent object (Service: AmazonEC2; Status Code: 400; Error Code: DependencyViolation; Request ID: b4bd0dec-0300-42c1-bccc-c7ea5093ba1a)",
        "Values=sg-0b8b2fcf05a0509b6`",
    ),
    // https://github.com/aws/aws-cdk/issues/14456
    (
        "network interfaces in a subnet",
        "AWS::EC2::Subnet",
        DELETED,
        "The subnet 'subnet-00974e267b4554553' has dependencies and cannot be deleted. (Service: AmazonEC2; Status Code: 400; Error Code: DependencyViolation; Request ID: 517031bf-dbb6-4f54-8149-7e431bc3f7cc; Proxy: null)",
        "Values=subnet-00974e267b4554553`",
    ),
    // https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1103
    (
        "prefix list",
        "AWS::EC2::SecurityGroup",
        "UPDATE_FAILED",
        "The prefix list ID 'com.amazonaws.global.cloudfront.origin-facing' does not exist (Service: AmazonEC2; Status Code: 400; Error Code: InvalidPrefixListID.NotFound; Request ID: redacted; Proxy: null)",
        "`com.amazonaws.global.cloudfront.origin-facing`",
    ),
    // https://github.com/awslabs/aws-orbit-workbench/issues/320
    (
        "zone without the service",
        "AWS::EC2::VPCEndpoint",
        CREATED,
        "The VPC endpoint service com.amazonaws.us-east-1.lambda does not support the availability zone of the subnet: subnet-XXX. (Service: AmazonEC2; Status Code: 400; Error Code: InvalidParameter; Request ID: XXX; Proxy: null)",
        "--service-names com.amazonaws.us-east-1.lambda`",
    ),
    // https://github.com/aws-samples/saas-reference-architecture-ecs/issues/12
    (
        "zone not available",
        "AWS::EC2::Subnet",
        CREATED,
        r#"Resource handler returned message: "Value (ap-northeast-1b) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: ap-northeast-1a, ap-northeast-1c, ap-northeast-1d. (Service: Ec2, Status Code: 400, Request ID: xxxxxxxxxxxxxxxxxxxxxxxxxx)" (RequestToken: xxxxxxxxxx, HandlerErrorCode: InvalidRequest)"#,
        "such as `ap-northeast-1a`, with `--param`",
    ),
    // https://github.com/keboola/developer-portal/issues/81
    (
        "zone without Lambda",
        LAMBDA,
        CREATED,
        "The provided subnets contain availability zone Lambda doesn't support. Please use a different set of subnets.",
        "choose other zones with `--param`",
    ),
    // https://github.com/hashicorp/terraform-provider-aws/issues/17889
    (
        "key pending deletion",
        "AWS::KMS::Key",
        DELETED,
        "KMSInvalidStateException: arn:aws:kms:somewhere:123456789012:key/abc-123-def-09876 is pending deletion.",
        "--key-id arn:aws:kms:somewhere:123456789012:key/abc-123-def-09876`",
    ),
    // https://github.com/aws/aws-cdk/issues/20313
    (
        "log resource policies",
        "AWS::Logs::ResourcePolicy",
        CREATED,
        r#"Resource handler returned message: "Resource limit exceeded. (Service: CloudWatchLogs, Status Code: 400, Request ID: 25bec134-657e-43c3-ae85-810a0ce56fa0)" (RequestToken: 948dab8b-fac6-2903-695d-f9d825eaea90, HandlerErrorCode: ServiceLimitExceeded)"#,
        "delete-resource-policy",
    ),
    // https://github.com/aws-samples/aws-genai-llm-chatbot/issues/485
    (
        "log resource policies",
        "AWS::StepFunctions::StateMachine",
        CREATED,
        r#"Resource handler returned message: "Invalid Logging Configuration: The CloudWatch Logs Resource Policy size was exceeded. We suggest prefixing your CloudWatch log group name with /aws/vendedlogs/states/. (Service: AWSStepFunctions; Status Code: 400; Error Code: InvalidLoggingConfiguration; Request ID: b43a3eb9-3137-48b8-a767-9544147899a5; Proxy: null)" (RequestToken: 28b6839a-71f7-d451-590c-f1f346f6e232, HandlerErrorCode: InvalidRequest)"#,
        "delete-resource-policy",
    ),
];
