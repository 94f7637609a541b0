//! The small kinds of objects of `torch`: sizes, dtypes, devices, layouts, generators, number limits, named results.

pub(super) mod device;
pub(super) mod dtype;
pub(super) mod generator;
pub(super) mod limits;
pub(super) mod return_types;
pub(super) mod size;
pub(super) mod storage;
pub(super) mod word;

pub(super) use device::{DeviceObject, device_class};
pub(super) use dtype::{DTypeObject, dtype_class, dtype_value};
pub(super) use generator::{GeneratorObject, generator_class};
pub(super) use size::{size_class, size_value};
