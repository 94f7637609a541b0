//! Formatting: the mini-language of `format`, `str.format` with its fields, and `%`.

mod fields;
mod float;
mod integer;
mod percent;
mod spec;
mod text;

pub use fields::{Fields, format_fields};
pub use float::{decimal, format_complex, format_float};
pub use integer::format_integer;
pub use percent::{Kind as PercentKind, percent};
pub use spec::Spec;
pub use text::format_text;
