//! Whose key encrypts what a stage and the asset bucket store. Which key that is, the bootstrap stack knows.

use std::fmt;

/// What a key costs. Each of the first two yearly rotations adds as much as the key itself.
pub const PRICE: &str = "1 USD per month, 3 from the third year on";

/// Whose key encrypts what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum EncryptionKey {
    /// One KMS key of the account, with rotation.
    #[value(help = format!("One KMS key of the account, with rotation: {PRICE}, and 0.03 USD for 10,000 requests"))]
    CustomerManaged,
    /// Keys of AWS, which cost nothing.
    AwsOwned,
}

impl EncryptionKey {
    /// The parameter's value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CustomerManaged => "customer-managed",
            Self::AwsOwned => "aws-owned",
        }
    }
}

impl fmt::Display for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
