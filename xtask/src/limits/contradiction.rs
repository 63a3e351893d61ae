//! Limits that cannot all be meant: computed from the layers alone, each with its numbers.
