//! The asset bucket.

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, ExpirationStatus};
use aws_smithy_types::base64;

use super::reason::{readable, status};
use crate::error::{Error, Result};
use cfnkit_assembly::asset::Asset;
use cfnkit_console::error::Context as _;

/// S3 as the asset bucket's owner. Every call states which account must own the bucket, so that
/// a bucket of the same name in other hands is refused and never written to.
#[derive(Debug)]
pub struct AssetBucket {
    s3: Client,
    account: String,
}

/// Where CloudFormation finds an object of the asset bucket: at S3's own host in `region`, whatever
/// this machine reaches it by.
///
/// # Errors
///
/// The SDK's rules have no endpoint of S3 for `region`. Nothing is called.
pub async fn template_url(region: &str, bucket: &str, key: &str) -> Result<String> {
    let params = Params::builder()
        .region(region)
        .bucket(bucket)
        .force_path_style(true)
        .build()
        .with_context(|| format!("no endpoint of S3 in {region}"))?;
    let resolver = DefaultResolver::new();
    let endpoint = ResolveEndpoint::resolve_endpoint(&resolver, &params).await;
    let endpoint = endpoint
        .map_err(|err| Error::new(err.to_string()))
        .with_context(|| format!("no endpoint of S3 in {region}"))?;
    Ok(format!("{}/{key}", endpoint.url()))
}

/// Whether an asset is in the bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It has to be written.
    Absent,
    /// The same bytes are there.
    Present,
}

/// Whether an upload wrote anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upload {
    /// There was none.
    Written,
    /// Somebody else wrote the same key in the meantime; the content is the same.
    AlreadyThere,
}

impl AssetBucket {
    pub(super) fn new(config: &SdkConfig, account: &str) -> Self {
        // Path style, because the emulator's host name has no wildcard.
        let path_style = config.endpoint_url().is_some();
        let config = aws_sdk_s3::config::Builder::from(config)
            .force_path_style(path_style)
            .build();
        Self {
            s3: Client::from_conf(config),
            account: account.to_owned(),
        }
    }

    /// Fails unless `bucket` exists and belongs to this account.
    ///
    /// Source: S3's `HeadBucket`.
    ///
    /// # Errors
    ///
    /// The bucket is not there, or is another account's or another region's; these credentials may
    /// not use it, or the call fails.
    pub async fn check(&self, bucket: &str) -> Result<()> {
        let head = self
            .s3
            .head_bucket()
            .bucket(bucket)
            .expected_bucket_owner(&self.account);
        match head.send().await {
            Ok(_) => Ok(()),
            Err(err) => Err(self.explain(err, bucket)),
        }
    }

    /// After how many days `bucket` deletes the first of its objects; `None` where it keeps all.
    ///
    /// Source: S3's `GetBucketLifecycleConfiguration`.
    ///
    /// # Errors
    ///
    /// The bucket is not there, these credentials may not read its rules, or the call fails. That
    /// it has no rules is no error.
    pub async fn expiration_days(&self, bucket: &str) -> Result<Option<i32>> {
        let asked = self.s3.get_bucket_lifecycle_configuration().bucket(bucket);
        let rules = match asked.send().await {
            Ok(lifecycle) => lifecycle.rules.unwrap_or_default(),
            Err(err) if err.code() == Some("NoSuchLifecycleConfiguration") => Vec::new(),
            Err(err) => return Err(self.explain(err, bucket)),
        };
        let enabled = rules
            .iter()
            .filter(|rule| *rule.status() == ExpirationStatus::Enabled);
        let days = enabled.filter_map(|rule| rule.expiration()?.days());
        Ok(days.min())
    }

    /// Whether there is anything in `bucket`; a bucket that is not empty cannot be deleted.
    ///
    /// Source: S3's `ListObjectsV2`.
    ///
    /// # Errors
    ///
    /// The bucket is another account's, these credentials may not list it, or the call fails. One
    /// that is not there is an empty one.
    pub async fn is_empty(&self, bucket: &str) -> Result<bool> {
        let list = self
            .s3
            .list_objects_v2()
            .bucket(bucket)
            .max_keys(1)
            .expected_bucket_owner(&self.account);
        match list.send().await {
            Ok(listed) => Ok(listed.contents().is_empty()),
            Err(err) if status(&err) == Some(404) => Ok(true),
            Err(err) => Err(self.explain(err, bucket)),
        }
    }

    /// Whether `asset` is in `bucket`, with the content its key promises.
    ///
    /// Source: S3's `HeadObject`.
    ///
    /// # Errors
    ///
    /// The object that is there has another SHA-256 than its key says, or none; these credentials
    /// may not use the bucket, or the call fails. In a bucket that is not there the asset is
    /// absent.
    pub async fn find(&self, bucket: &str, asset: &Asset) -> Result<Presence> {
        let head = self
            .s3
            .head_object()
            .bucket(bucket)
            .key(&asset.key)
            .checksum_mode(ChecksumMode::Enabled)
            .expected_bucket_owner(&self.account);
        let found = match head.send().await {
            Ok(found) => found,
            Err(err) if status(&err) == Some(404) => return Ok(Presence::Absent),
            Err(err) => return Err(self.explain(err, bucket)),
        };
        match found.checksum_sha256() {
            Some(checksum) if checksum == base64::encode(asset.sha256) => Ok(Presence::Present),
            Some(_) => Err(Error::new(format!(
                "`s3://{bucket}/{}` does not hold what its key says; delete the object and deploy again",
                asset.key
            ))),
            None => Err(Error::new(format!(
                "`s3://{bucket}/{}` has no SHA-256 checksum, so this tool did not write it; \
                 delete the object and deploy again",
                asset.key
            ))),
        }
    }

    /// Writes `asset` unless its key exists. S3 compares the content with the checksum.
    ///
    /// Source: S3's `PutObject`.
    ///
    /// # Errors
    ///
    /// The bucket is not there or may not be used, the object that is there is another, or the call
    /// fails. An object that is there is never written over.
    pub async fn upload(&self, bucket: &str, asset: &Asset) -> Result<Upload> {
        let put = self
            .s3
            .put_object()
            .bucket(bucket)
            .key(&asset.key)
            .if_none_match("*")
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .checksum_sha256(base64::encode(asset.sha256))
            .expected_bucket_owner(&self.account)
            .body(ByteStream::from(asset.bytes.clone()));
        match put.send().await {
            Ok(_) => Ok(Upload::Written),
            Err(err) if status(&err) == Some(412) => match self.find(bucket, asset).await? {
                Presence::Present => Ok(Upload::AlreadyThere),
                Presence::Absent => Err(Error::new(format!(
                    "`s3://{bucket}/{}` appeared and vanished",
                    asset.key
                ))),
            },
            Err(err) => Err(self.explain(err, bucket).context(format!(
                "cannot upload `{}` to `s3://{bucket}/{}`",
                asset.name, asset.key
            ))),
        }
    }

    fn explain<E>(&self, err: SdkError<E>, bucket: &str) -> Error
    where
        E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        let account = &self.account;
        match status(&err) {
            Some(301 | 403) => Error::new(format!(
                "bucket `{bucket}` is not account {account}'s in this region, or these credentials may not use it; \
                 nothing was written ({})",
                readable(err)
            )),
            Some(404) => Error::new(format!(
                "bucket `{bucket}` does not exist; where the bootstrap stack names it, delete \
                 that stack, and `cargo xtask bootstrap` makes another"
            )),
            _ => readable(err).context(format!("cannot use bucket `{bucket}`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use cfnkit_scripted_cloud::rule::{Rule, in_order};

    use super::*;

    /// As `TemplateURL` is written for nested stacks.
    #[tokio::test]
    async fn an_object_is_at_the_regions_own_host() {
        for (region, expected) in [
            (
                "eu-west-1",
                "https://s3.eu-west-1.amazonaws.com/assets/k.yaml",
            ),
            (
                "us-east-1",
                "https://s3.us-east-1.amazonaws.com/assets/k.yaml",
            ),
            (
                "cn-north-1",
                "https://s3.cn-north-1.amazonaws.com.cn/assets/k.yaml",
            ),
        ] {
            let url = template_url(region, "assets", "k.yaml").await.unwrap();
            assert_eq!(url, expected);
        }
    }

    const ACCOUNT: &str = "111122223333";

    fn bucketeer(rules: impl IntoIterator<Item = Rule>) -> AssetBucket {
        AssetBucket::new(&in_order(rules), ACCOUNT)
    }

    /// Every call says whose the bucket has to be.
    fn asked(action: &'static str, path: &str) -> Rule {
        Rule::of(action, [("Path", path)]).sent_with("x-amz-expected-bucket-owner", ACCOUNT)
    }

    fn asset() -> Asset {
        Asset::new("data.yaml", b"abc".to_vec())
    }

    fn of_asset(action: &'static str) -> Rule {
        asked(action, &format!("ours/{}", asset().key))
    }

    /// What is there, as S3 tells it whoever asks for it.
    fn found(sha256: [u8; 32]) -> Rule {
        of_asset("HeadObject")
            .sent_with("x-amz-checksum-mode", "ENABLED")
            .answered_with("x-amz-checksum-sha256", base64::encode(sha256))
    }

    #[tokio::test]
    async fn a_bucket_of_another_account_is_refused() {
        let forbidden = asked("HeadBucket", "theirs").refused(403, "AccessDenied", "Access Denied");
        let err = bucketeer([forbidden]).check("theirs").await.unwrap_err();
        assert!(
            err.to_string()
                .starts_with("bucket `theirs` is not account 111122223333's")
        );
    }

    #[tokio::test]
    async fn a_key_that_exists_is_compared_and_not_written() {
        let err = bucketeer([found([0; 32])])
            .find("ours", &asset())
            .await
            .unwrap_err();
        assert!(err.to_string().contains("does not hold what its key says"));
    }

    #[tokio::test]
    async fn a_lost_race_for_a_key_is_settled_by_its_content() {
        let sha256 = asset().sha256;
        let taken = of_asset("PutObject")
            .sent_with("if-none-match", "*")
            .sent_with("x-amz-checksum-sha256", base64::encode(sha256))
            .refused(
                412,
                "PreconditionFailed",
                "At least one of the pre-conditions you specified did not hold",
            );
        let upload = bucketeer([taken, found(sha256)])
            .upload("ours", &asset())
            .await
            .unwrap();
        assert_eq!(upload, Upload::AlreadyThere);
    }
}
