//! An open-model load test, its verdict and its report.

pub mod load;
