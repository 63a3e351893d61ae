//! A repository of a team's own, made out of what git tracks of this one.

pub(crate) mod engine;
mod manifest;
pub(crate) mod names;
pub(crate) mod repository;
