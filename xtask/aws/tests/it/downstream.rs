//! The engine in other repositories. Each compiles programs of its own, which takes longer than
//! all other tests: `cargo xtask test --downstream` runs them.

mod example;
mod new;
