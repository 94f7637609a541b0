//! Arguments read as what an op expects: tensors, numbers, sizes, dtypes.

use smallvec::SmallVec;

use super::arg::Arg;
use super::result::Out;

use super::args::{Args, check_device};
use crate::base::spec::{Default, Kind};
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::{DType, Dims, Result, Scalar};
use crate::tensor::core::generator::default_generator;
use crate::tensor::core::{Generator, Operand, Tensor, default_dtype};

impl Args<'_> {
    /// A tensor.
    #[inline]
    pub fn tensor(&self, name: &str) -> Result<&Tensor> {
        match self.get(name) {
            Some(Arg::Tensor(t)) => Ok(t),
            _ => Err(self.wrong_arg(name, "Tensor")),
        }
    }

    /// A tensor that may be left out.
    #[inline]
    pub fn opt_tensor(&self, name: &str) -> Result<Option<&Tensor>> {
        match self.get(name) {
            None => Ok(None),
            Some(Arg::Tensor(t)) => Ok(Some(t)),
            Some(_) => Err(self.wrong_arg(name, "Tensor")),
        }
    }

    /// A tensor or a number.
    #[inline]
    pub fn operand(&self, name: &str) -> Result<Operand<'_>> {
        match self.get(name) {
            Some(Arg::Tensor(t)) => Ok(Operand::Tensor(t)),
            Some(arg) if arg.as_scalar().is_some() => {
                Ok(arg.as_scalar().map(Operand::Scalar).expect("checked"))
            }
            _ => Err(self.wrong_arg(name, "Tensor")),
        }
    }

    /// Two operands, at least one of which is a tensor.
    pub fn operands(&self, x: &str, y: &str) -> Result<(Operand<'_>, Operand<'_>)> {
        match (self.operand(x)?, self.operand(y)?) {
            (Operand::Scalar(_), Operand::Scalar(_)) => Err(self.wrong_arg(x, "Tensor")),
            both => Ok(both),
        }
    }

    /// A tensor or a number that may be left out.
    pub fn opt_operand(&self, name: &str) -> Result<Option<Operand<'_>>> {
        if self.get(name).is_none() {
            Ok(None)
        } else {
            self.operand(name).map(Some)
        }
    }

    /// A number.
    #[inline]
    pub fn scalar(&self, name: &str) -> Result<Scalar> {
        match self.opt_scalar(name)? {
            Some(s) => Ok(s),
            None => Err(self.wrong_arg(name, "Number")),
        }
    }

    /// A number that may be left out.
    #[inline]
    pub fn opt_scalar(&self, name: &str) -> Result<Option<Scalar>> {
        match self.get(name) {
            None => Ok(match self.default(name) {
                Some(Default::Int(i)) => Some(Scalar::Int(i)),
                Some(Default::Float(x)) => Some(Scalar::Float(x)),
                Some(Default::Bool(b)) => Some(Scalar::Bool(b)),
                _ => None,
            }),
            Some(arg) => match arg.as_scalar() {
                Some(s) => Ok(Some(s)),
                None => Err(self.wrong_arg(name, "Number")),
            },
        }
    }

    /// A float; integers are taken as well.
    pub fn float(&self, name: &str) -> Result<f64> {
        match self.opt_float(name)? {
            Some(x) => Ok(x),
            None => Err(self.wrong_arg(name, "float")),
        }
    }

    /// A float that may be left out.
    pub fn opt_float(&self, name: &str) -> Result<Option<f64>> {
        match self.opt_scalar(name) {
            Ok(s) => Ok(s.map(Scalar::to_f64)),
            Err(_) => Err(self.wrong_arg(name, "float")),
        }
    }

    /// An integer.
    pub fn int(&self, name: &str) -> Result<i64> {
        match self.opt_int(name)? {
            Some(i) => Ok(i),
            None => Err(self.wrong_arg(name, "int")),
        }
    }

    /// An integer that may be left out.
    pub fn opt_int(&self, name: &str) -> Result<Option<i64>> {
        match self.get(name) {
            None => Ok(if let Some(Default::Int(i)) = self.default(name) {
                Some(i)
            } else {
                None
            }),
            Some(arg) => match arg.as_int() {
                Some(i) => Ok(Some(i)),
                None => Err(self.wrong_arg(name, "int")),
            },
        }
    }

    /// A boolean.
    pub fn bool(&self, name: &str) -> Result<bool> {
        match self.get(name) {
            Some(Arg::Bool(b)) => Ok(*b),
            Some(Arg::Int(i)) => Ok(*i != 0),
            None => Ok(matches!(self.default(name), Some(Default::Bool(true)))),
            Some(_) => Err(self.wrong_arg(name, "bool")),
        }
    }

    /// A string.
    pub fn str(&self, name: &str) -> Result<&str> {
        match self.opt_str(name)? {
            Some(s) => Ok(s),
            None => Err(self.wrong_arg(name, "str")),
        }
    }

    /// A string that may be left out.
    pub fn opt_str(&self, name: &str) -> Result<Option<&str>> {
        match self.get(name) {
            Some(Arg::Str(s)) => Ok(Some(s)),
            None => Ok(if let Some(Default::Str(s)) = self.default(name) {
                Some(s)
            } else {
                None
            }),
            Some(_) => Err(self.wrong_arg(name, "str")),
        }
    }

    fn int_items(&self, name: &str, items: &[Arg]) -> Result<SmallVec<[i64; 4]>> {
        let mut out = SmallVec::new();
        for (i, item) in items.iter().enumerate() {
            match item.as_int() {
                Some(v) => out.push(v),
                None if i == 0 && !self.star.is_empty() => {
                    return Err(self.wrong(name, "tuple of ints", item.type_name()));
                }
                None => bail!(
                    Type,
                    "{}(): argument '{name}' (position {}) must be tuple of ints, but found element of type {} at pos {i}",
                    self.name(),
                    self.index(name) + usize::from(!self.method),
                    item.type_name()
                ),
            }
        }
        Ok(out)
    }

    /// Integers, given as a list or, for a starred parameter, one by one.
    pub fn ints(&self, name: &str) -> Result<SmallVec<[i64; 4]>> {
        match self.opt_ints(name)? {
            Some(ints) => Ok(ints),
            None => Err(self.wrong_arg(name, "tuple of ints")),
        }
    }

    /// Integers, or one integer, that may be left out.
    pub fn opt_ints(&self, name: &str) -> Result<Option<SmallVec<[i64; 4]>>> {
        let i = self.index(name);
        if self.signature.params[i].kind == Kind::Star {
            return self.int_items(name, self.star()).map(Some);
        }
        match self.get(name) {
            None => Ok(if let Some(Default::Int(i)) = self.default(name) {
                Some(SmallVec::from_slice(&[i]))
            } else {
                None
            }),
            Some(arg) => match (arg.items(), arg.as_int()) {
                (Some(items), _) => self.int_items(name, items).map(Some),
                (None, Some(i)) => Ok(Some(SmallVec::from_slice(&[i]))),
                (None, None) => Err(self.wrong_arg(name, "tuple of ints")),
            },
        }
    }

    /// Sizes: integers that are not negative.
    pub fn sizes(&self, name: &str) -> Result<Dims> {
        if self.signature.params[self.index(name)].kind == Kind::Star && self.star.is_empty() {
            bail!(
                Type,
                "{}() missing 1 required positional arguments: \"{name}\"",
                self.name()
            );
        }
        let ints = self.ints(name)?;
        ensure!(
            ints.iter().all(|i| *i >= 0),
            "{}: Dimension size must be non-negative.",
            self.name()
        );
        Ok(ints.iter().map(|i| *i as usize).collect())
    }

    /// A sequence of tensors.
    pub fn tensors(&self, name: &str) -> Result<Vec<Tensor>> {
        let i = self.index(name);
        let items = if self.signature.params[i].kind == Kind::Star {
            self.star()
        } else {
            match self.get(name).and_then(Arg::items) {
                Some(items) => items,
                None => return Err(self.wrong_arg(name, "tuple of Tensors")),
            }
        };
        let mut out = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            match item {
                Arg::Tensor(t) => out.push(t.clone()),
                other => bail!(
                    Type,
                    "expected Tensor as element {at} in argument {}, but got {}",
                    i - usize::from(self.method).min(i),
                    other.type_name()
                ),
            }
        }
        Ok(out)
    }

    /// A dtype, if given.
    pub fn dtype(&self, name: &str) -> Result<Option<DType>> {
        match self.get(name) {
            None => Ok(None),
            Some(Arg::DType(d)) => Ok(Some(*d)),
            Some(_) => Err(self.wrong_arg(name, "torch.dtype")),
        }
    }

    /// A generator, or the default one.
    pub fn generator(&self) -> Result<Generator> {
        match self.get("generator") {
            None => Ok(default_generator()),
            Some(Arg::Generator(g)) => Ok(g.clone()),
            Some(_) => Err(self.wrong_arg("generator", "torch.Generator")),
        }
    }

    /// Refuses a device other than the CPU.
    pub fn check_device(&self) -> Result<()> {
        match self.get("device") {
            None => Ok(()),
            Some(Arg::Device(d) | Arg::Str(d)) => check_device(d),
            Some(_) => Err(self.wrong_arg("device", "torch.device")),
        }
    }

    /// The end of a creation op: `requires_grad=`.
    pub fn created(&self, t: Tensor) -> Result<Out> {
        self.check_device()?;
        if self.bool("requires_grad")? {
            ensure!(
                t.dtype().is_differentiable(),
                "Only Tensors of floating point and complex dtype can require gradients"
            );
            t.set_requires_grad(true)?;
        }
        Ok(t.into())
    }

    /// `dtype=` or the default dtype.
    pub fn dtype_or_default(&self) -> Result<DType> {
        Ok(self.dtype("dtype")?.unwrap_or_else(default_dtype))
    }
}
