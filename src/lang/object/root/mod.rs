//! `object` and `type`, the roots of the classes.

pub mod methods;
