//! What every room shares: files and positions, labelled messages, and the specification of anything callable.

pub mod spec;
