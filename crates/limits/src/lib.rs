//! What throttles a request on its way through API Gateway, WAF, Lambda and DynamoDB, computed.

pub mod limits;
