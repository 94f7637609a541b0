//! `math`

mod float;
mod functions;
mod gamma;
mod integer;
mod libm;
mod vector;

pub(super) use float::frexp;
pub(super) use functions::MATH;
