//! From the assembly to the asset bucket.

use crate::error::Result;
use cfnkit_assembly::assembly::Assembly;
use cfnkit_aws::aws::s3::{AssetBucket, Presence, Upload};
use cfnkit_console::report::Reporter;

/// Uploads the assets that the bucket does not have.
///
/// # Errors
///
/// The bucket is not there or not this account's, an object in it does not hold what its key says,
/// or a call fails. What was uploaded before stays.
pub async fn publish(
    reporter: &dyn Reporter,
    s3: &AssetBucket,
    bucket: &str,
    assembly: &Assembly,
) -> Result<()> {
    s3.check(bucket).await?;
    let mut present = 0;
    for asset in assembly.assets() {
        if s3.find(bucket, asset).await? == Presence::Present {
            present += 1;
            continue;
        }
        match s3.upload(bucket, asset).await? {
            Upload::Written => reporter.step(&format!(
                "published {} ({} KiB)",
                asset.name,
                asset.bytes.len().div_ceil(1024)
            )),
            Upload::AlreadyThere => present += 1,
        }
    }
    if present > 0 {
        reporter.step(&format!("{present} assets are published already"));
    }
    Ok(())
}
