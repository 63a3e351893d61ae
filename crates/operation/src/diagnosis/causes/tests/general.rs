//! What was said about the account and about the request.

use super::{CREATED, Case, DELETED};

pub(super) const CASES: &[Case] = &[
    // https://github.com/aws-samples/open-on-demand-on-aws/issues/14
    (
        "VPC limit",
        "AWS::EC2::VPC",
        CREATED,
        r#"Resource handler returned message: "The maximum number of VPCs has been reached. (Service: Ec2, Status Code: 400, Request ID: 62b19929-947d-4e06-9f99-8c474dd164a6)" (RequestToken: 51640d90-6a9c-409a-46f6-aa69b4752015, HandlerErrorCode: GeneralServiceException)"#,
        "aws ec2 describe-vpcs",
    ),
    // https://github.com/radius-project/samples/issues/711
    (
        "address limit",
        "AWS::EC2::EIP",
        CREATED,
        r#"Resource handler returned message: "The maximum number of addresses has been reached. (Service: Ec2, Status Code: 400, Request ID: 6b8cf3d3-1afc-40de-91d7-4ac4c55bfc32)" (RequestToken: 5f2495db-493f-e12b-ebf1-187d26148fde, HandlerErrorCode: GeneralServiceException)"#,
        "aws ec2 describe-addresses",
    ),
    // https://github.com/CloudSmith-Delivery-Troubleshooting/backend-infra-cdk/issues/6
    (
        "limit",
        "AWS::EC2::InternetGateway",
        CREATED,
        r#"Resource handler returned message: "The maximum number of internet gateways has been reached. (Service: Ec2, Status Code: 400, Request ID: fe23f9df-8f32-4fa7-a67d-05a356fda3ec) (SDK Attempt Count: 1)" (RequestToken: 3b19167c-3f5a-5126-f1f7-ea6b44207302, HandlerErrorCode: ServiceLimitExceeded)"#,
        "service-quotas",
    ),
    // From memory.
    (
        "service control policy",
        "AWS::EC2::VPC",
        CREATED,
        r#"Resource handler returned message: "User: arn:aws:sts::123456789012:assumed-role/dev/me is not authorized to perform: ec2:CreateVpc on resource: arn:aws:ec2:eu-west-1:123456789012:vpc/* with an explicit deny in a service control policy (Service: Ec2, Status Code: 403)""#,
        "forbids `ec2:CreateVpc`",
    ),
    // https://github.com/aws-solutions-library-samples/guidance-for-multi-provider-generative-ai-gateway-on-aws/issues/120
    (
        "service control policy",
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        CREATED,
        "api error AccessDenied: * with an explicit deny in a service control policy",
        "forbids `ACTION`",
    ),
    // From memory.
    (
        "service role",
        "AWS::CloudFormation::Stack",
        "ROLLBACK_FAILED",
        "Role arn:aws:iam::123456789012:role/deployer is invalid or cannot be assumed",
        "`arn:aws:iam::123456789012:role/deployer`",
    ),
    // https://github.com/mattclay/aws-terminator/pull/131
    (
        "action denied",
        "AWS::CloudFormation::Stack",
        "UPDATE_FAILED",
        "User: arn:aws:sts::966509639900:assumed-role/ansible-core-ci-test-prod/prod=shippable=ansible-collections=amazon.aws=1313.24 is not authorized to perform: cloudformation:SetStackPolicy on resource: arn:aws:cloudformation:us-east-1:966509639900:stack/shippable-1313-24/7e1cbd30-63c2-11eb-996f-126643f85ad9",
        "allow `cloudformation:SetStackPolicy` to `arn:aws:sts::966509639900:assumed-role/ansible-core-ci-test-prod/prod=shippable=ansible-collections=amazon.aws=1313.24`",
    ),
    // https://github.com/aws-samples/aws-serverless-saas-workshop/issues/58
    (
        "credentials",
        "AWS::IAM::Role",
        CREATED,
        "The security token included in the request is invalid (Service: AmazonIdentityManagement; Status Code: 403; Error Code: InvalidClientTokenId; Request ID: 407dadf1-07d6-4a71-ac6a-f2d5bcd6e8f3; Proxy: null)",
        "aws sso login",
    ),
    // https://github.com/eksctl-io/eksctl/issues/5968
    (
        "credentials",
        "AWS::IAM::Role",
        CREATED,
        "api error ExpiredToken: The security token included in the request is expired",
        "aws sso login",
    ),
    // https://github.com/aws-samples/unishop-monolith-to-microservices/issues/47
    (
        "access denied",
        "AWS::S3::BucketPolicy",
        CREATED,
        r#"Resource handler returned message: "Access Denied (Service: S3, Status Code: 403, Request ID:XXX, Extended Request ID: XXX" (RequestToken: XXXX, HandlerErrorCode: AccessDenied)"#,
        "cloudtrail",
    ),
    // https://github.com/service-cloud-voice/examples-from-doc/issues/51
    (
        "access denied",
        "AWS::S3::BucketPolicy",
        CREATED,
        "API: s3:PutBucketPolicy Access Denied",
        "cloudtrail",
    ),
    // https://github.com/rlister/stax/issues/40
    (
        "export in use",
        "AWS::CloudFormation::Stack",
        "UPDATE_FAILED",
        "Export foo-ci-docker-vpc-EcsCluster cannot be deleted as it is in use by foo-ci-docker-events",
        "--export-name foo-ci-docker-vpc-EcsCluster`",
    ),
    // https://github.com/aws/aws-cdk/issues/33395
    (
        "export in use",
        "AWS::CloudFormation::Stack",
        DELETED,
        "Delete canceled. Cannot delete export xxxxxxxx-dev-vpc-stack:ExportsOutputFnGetAtt as it is in use by xxxxxxxx-dev-eks-cluster",
        "change `xxxxxxxx-dev-eks-cluster` first",
    ),
    // From memory.
    (
        "termination protection",
        "AWS::CloudFormation::Stack",
        DELETED,
        "Stack [movies-dev] cannot be deleted while TerminationProtection is enabled",
        "--stack-name movies-dev`",
    ),
    // From memory.
    (
        "capabilities",
        "AWS::CloudFormation::Stack",
        "CHANGE_SET_FAILED",
        "Requires capabilities : [CAPABILITY_NAMED_IAM]",
        "`CAPABILITY_NAMED_IAM`",
    ),
    // https://github.com/awslabs/aws-saas-boost/issues/179
    (
        "invalid property",
        "AWS::ECS::TaskDefinition",
        CREATED,
        "Resource template validation failed for resource ECSTaskDefinition as the template has invalid properties. Please refer to the resource documentation to fix the template. Properties validation failed for resource ECSTaskDefinition with message: #/Volumes/0: extraneous key [EfsVolumeConfiguration] is not permitted",
        "`EfsVolumeConfiguration`",
    ),
    // https://github.com/aws/aws-cdk-cli/pull/1463
    (
        "invalid property",
        "AWS::IAM::Policy",
        "VALIDATION_FAILED",
        "Required property [PolicyDocument] not found",
        "`PolicyDocument`",
    ),
    // From memory.
    (
        "parameter value",
        "AWS::CloudFormation::Stack",
        CREATED,
        "Parameter validation failed: parameter value sg-0a for parameter name SecurityGroupId does not exist. Rollback requested by user.",
        "--param SecurityGroupId=VALUE",
    ),
    // https://github.com/serverless/serverless/issues/13248
    (
        "early validation",
        "",
        "CHANGE_SET_FAILED",
        "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]. To troubleshoot Early Validation errors, use the DescribeEvents API for detailed failure information.",
        "describe-events",
    ),
    // From memory.
    (
        "hook",
        "AWS::S3::Bucket",
        "HOOK_COMPLETE_FAILED",
        "Acme::Org::Encrypted: Hook failed with message: every bucket is encrypted",
        "list-hook-results",
    ),
    // https://github.com/aws-cloudformation/rain/pull/744
    (
        "exists",
        "AWS::S3::Bucket",
        "VALIDATION_FAILED",
        "Resource of type 'AWS::S3::Bucket' with identifier 'test-early-validation-20251218181322-1' already exists.",
        "import",
    ),
    // https://github.com/aws/aws-cdk/issues/9882
    (
        "throttled",
        "AWS::Lambda::EventSourceMapping",
        CREATED,
        "Rate exceeded for operation 'Rate exceeded (Service: Lambda, Status Code: 429, Request ID: 2d5768a1-1dcc-42eb-9d7d-e3290f10f4ed, Extended Request ID: null)'.",
        "deploy again",
    ),
    // https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1095
    (
        "throttled",
        "AWS::ApiGateway::Model",
        CREATED,
        "Too Many Requests (Service: ApiGateway, Status Code: 429, ...)",
        "deploy again",
    ),
    // From memory.
    (
        "being deleted",
        "AWS::CloudFormation::Stack",
        "UPDATE_FAILED",
        "Stack:arn:aws:cloudformation:eu-west-1:123456789012:stack/movies-dev-Api-1A/2b is in DELETE_IN_PROGRESS state and can not be updated.",
        "wait",
    ),
    // From memory.
    (
        "changed outside",
        "AWS::SNS::Topic",
        "UPDATE_FAILED",
        r#"Resource handler returned message: "Resource of type 'AWS::SNS::Topic' with identifier 'arn:aws:sns:eu-west-1:123456789012:t' was not found." (RequestToken: 1, HandlerErrorCode: NotFound)"#,
        "detect-stack-drift --stack-name movies-dev-Api-1A2B`",
    ),
    // https://github.com/aws-quickstart/quickstart-dotnetcore-cicd/issues/21
    (
        "not stabilized",
        "AWS::ElasticBeanstalk::Environment",
        CREATED,
        r#"Resource handler returned message: "Exceeded attempts to wait" (RequestToken: 34894148-5a50-f236-994f-d42e72f8eec0, HandlerErrorCode: NotStabilized)"#,
        "deploy again",
    ),
    // https://github.com/aws-samples/aws-modern-application-workshop/issues/120
    (
        "not stabilized",
        "AWS::S3::Bucket",
        CREATED,
        "Bucket mythicalmysfitsstreamings-clicksdestinationbucket-1nz7d080seuj did not stabilize",
        "deploy again",
    ),
    // https://github.com/aws-quickstart/quickstart-kubernetes-resource-provider/issues/28
    (
        "failure inside AWS",
        "AWSQS::Kubernetes::Resource",
        CREATED,
        r#"Resource handler returned message: "" (RequestToken: abf0b623-c82d-6a55-3e1d-4c8113235db3, HandlerErrorCode: InternalFailure)"#,
        "AWS support",
    ),
    // From memory.
    (
        "rollback failed",
        "AWS::CloudFormation::Stack",
        "UPDATE_ROLLBACK_FAILED",
        "The following resource(s) failed to update: [Stage].",
        "continue-update-rollback --stack-name movies-dev-Api-1A2B`",
    ),
    // From memory.
    (
        "parameter missing",
        "",
        "CHANGE_SET_FAILED",
        "Parameters: [HandlerKey, AssetBucketName] must have values (ValidationError)",
        "`--param HandlerKey=VALUE`",
    ),
    // From memory.
    (
        "parameter unknown",
        "",
        "CHANGE_SET_FAILED",
        "Parameters: [Colour] do not exist in the template (ValidationError)",
        "no parameter `Colour`",
    ),
    // From memory.
    (
        "template",
        "",
        "CHANGE_SET_FAILED",
        "Template error: instance of Fn::GetAtt references undefined resource Topic (ValidationError)",
        "cargo xtask lint",
    ),
    // From memory.
    (
        "template",
        "",
        "CHANGE_SET_FAILED",
        "Template format error: Unresolved resource dependencies [Topic] in the Outputs block of the template (ValidationError)",
        "cargo xtask lint",
    ),
    // From memory.
    (
        "request repeated",
        "",
        "CHANGE_SET_FAILED",
        "ChangeSet xtask-1 cannot be created due to a mismatch with existing attribute ClientToken (AlreadyExistsException)",
        "same command again",
    ),
    // From memory.
    (
        "request repeated",
        "",
        "EXECUTE_FAILED",
        "A client request token already exists (TokenAlreadyExistsException)",
        "same command again",
    ),
    // From memory.
    (
        "limit",
        "",
        "CHANGE_SET_FAILED",
        "ChangeSet limit exceeded for stack movies-dev (LimitExceededException)",
        "service-quotas",
    ),
];
