//! The engine in other repositories. Each compiles programs of its own, which takes longer than
//! all other tests: by this name they begin first.

mod example;
mod new;
