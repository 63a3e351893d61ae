//! What is seen of a deployed stage: status, logs, traces, keys, requests, and what an account lacks.

pub mod api_keys;
pub mod doctor;
pub mod log_line;
pub mod smoke;
pub mod status;
pub mod trace;
