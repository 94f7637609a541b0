//! Arguments as the tensor wing sees them, and their binding to a signature.

use smallvec::SmallVec;

pub use super::arg::Arg;
pub use super::result::Out;

use crate::base::spec::{BindError, Default, Kind, Signature};
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::{DType, Dims, Error, Result, Scalar};
use crate::tensor::core::generator::default_generator;
use crate::tensor::core::{Generator, Operand, Tensor, default_dtype};

/// Arguments in the order of an op's parameters.
pub struct Args<'a> {
    pub(super) signature: &'a Signature,
    /// Whether the first one is the tensor that a method was called on; it does not count in messages.
    pub(super) method: bool,
    pub(super) slots: SmallVec<[Option<Arg>; 6]>,
    pub(super) star: Vec<Arg>,
    /// How many were given by position.
    pub(super) by_position: usize,
}

/// Other names of parameters: NumPy's, which PyTorch takes as well, and those that single forms of an op have.
fn other_name(name: &str) -> &str {
    match name {
        "axis" => "dim",
        "keepdims" => "keepdim",
        "x" | "x1" | "a" => "input",
        "x2" => "other",
        "split_size" | "split_sizes" => "split_size_or_sections",
        "sections" | "indices" | "tensor_indices_or_sections" => "indices_or_sections",
        _ => name,
    }
}

impl<'a> Args<'a> {
    /// Binds arguments; errors are PyTorch's.
    pub fn bind(
        signature: &'a Signature,
        method: bool,
        positional: impl IntoIterator<Item = Arg>,
        named: impl IntoIterator<Item = (String, Arg)>,
    ) -> Result<Args<'a>> {
        let mut args = Args {
            signature,
            method,
            slots: SmallVec::from_elem(None, signature.params.len()),
            star: Vec::new(),
            by_position: 0,
        };
        let star = signature.params.iter().position(|p| p.kind == Kind::Star);
        let before_star = star
            .unwrap_or(signature.positional)
            .min(signature.positional);
        let mut given = 0;
        for arg in positional {
            if given < before_star {
                args.slots[given] = Some(arg);
            } else {
                args.star.push(arg);
            }
            given += 1;
        }
        args.by_position = given;
        if given > before_star && star.is_none() {
            return Err(args.too_many(given));
        }
        for (name, arg) in named {
            let find = |name: &str| signature.params.iter().position(|p| p.name == name);
            let Some(i) = find(&name).or_else(|| find(other_name(&name))) else {
                bail!(
                    Type,
                    "{}() got an unexpected keyword argument '{name}'",
                    signature.name
                );
            };
            if Some(i) == star && args.star.is_empty() {
                args.star.push(arg);
            } else if args.slots[i].is_some() || Some(i) == star {
                bail!(
                    Type,
                    "{}() got multiple values for argument '{name}'",
                    signature.name
                );
            } else {
                args.slots[i] = Some(arg);
            }
        }
        args.check_missing()?;
        Ok(args)
    }

    /// Binds the arguments of a Python function such as `Linear.__init__`, which counts `self`; errors are Python's.
    pub fn bind_python(
        signature: &'a Signature,
        function: impl FnOnce() -> String,
        positional: impl IntoIterator<Item = Arg>,
        named: impl IntoIterator<Item = (String, Arg)>,
    ) -> Result<Args<'a>> {
        match signature.bind(positional, named) {
            Ok(bound) => Ok(Args {
                signature,
                method: true,
                slots: bound.slots.into_iter().collect(),
                star: bound.star,
                by_position: usize::MAX,
            }),
            Err(e) => Err(python_error(signature, &function(), &e)),
        }
    }

    fn check_missing(&self) -> Result<()> {
        let signature = self.signature;
        let missing = |(p, slot): (&crate::base::spec::Param, &Option<Arg>)| {
            (p.default.is_none() && p.kind != Kind::Star && slot.is_none()).then_some(p.name)
        };
        if signature
            .params
            .iter()
            .zip(&self.slots)
            .any(|pair| missing(pair).is_some())
        {
            let names: Vec<String> = signature
                .params
                .iter()
                .zip(&self.slots)
                .filter_map(missing)
                .map(|n| format!("\"{n}\""))
                .collect();
            let n = names.len();
            bail!(
                Type,
                "{}() missing {n} required positional arguments: {}",
                signature.name,
                names.join(", ")
            );
        }
        Ok(())
    }

    fn too_many(&self, given: usize) -> Error {
        let signature = self.signature;
        let hidden = usize::from(self.method);
        let takes = signature.positional - hidden.min(signature.positional);
        let given = given - hidden;
        let least = signature.required.saturating_sub(hidden);
        let takes = if least != takes {
            format!("from {least} to {takes} positional arguments")
        } else if takes == 1 {
            "1 positional argument".into()
        } else {
            format!("{takes} positional arguments")
        };
        let were = if given == 1 {
            "1 was"
        } else {
            &format!("{given} were")
        };
        Error::type_(format!(
            "{}() takes {takes} but {were} given",
            signature.name
        ))
    }

    /// The op's name.
    pub fn name(&self) -> &'static str {
        self.signature.name
    }

    #[inline]
    fn index(&self, name: &str) -> usize {
        let params = &self.signature.params;
        params
            .iter()
            .position(|p| p.name == name)
            .unwrap_or_else(|| panic!("{}() has no {name}", self.name()))
    }

    /// The same arguments once more.
    pub fn copy(&self) -> Args<'a> {
        Args {
            signature: self.signature,
            method: self.method,
            slots: self.slots.clone(),
            star: self.star.clone(),
            by_position: self.by_position,
        }
    }

    /// Whether there is a tensor of 16 bit floats.
    pub fn has_small(&self) -> bool {
        let small = |arg: &Arg| matches!(arg, Arg::Tensor(t) if t.dtype().is_small());
        self.slots.iter().flatten().any(small)
    }

    /// Whether the op is called on a tensor.
    pub(super) fn is_method(&self) -> bool {
        self.method
    }

    /// Whether there is a parameter of this name.
    pub(super) fn has_parameter(&self, name: &str) -> bool {
        self.signature.params.iter().any(|p| p.name == name)
    }

    /// Whether the argument was given, even as `None`.
    pub fn has(&self, name: &str) -> bool {
        self.slots[self.index(name)].is_some()
    }

    /// The argument as it is; `None` if it was left out or is Python's `None`.
    #[inline]
    pub fn get(&self, name: &str) -> Option<&Arg> {
        match &self.slots[self.index(name)] {
            Some(Arg::None) | None => None,
            given => given.as_ref(),
        }
    }

    /// The argument, or its default if it was left out.
    pub fn arg(&self, name: &str) -> Arg {
        let i = self.index(name);
        match &self.slots[i] {
            Some(arg) => arg.clone(),
            None => self.signature.params[i]
                .default
                .map_or(Arg::None, Arg::from),
        }
    }

    /// What a starred parameter collected; a single list or tuple counts as its elements.
    pub fn star(&self) -> &[Arg] {
        match self.star.as_slice() {
            [only] => only.items().unwrap_or(&self.star),
            all => all,
        }
    }

    /// Replaces an argument.
    pub fn set(&mut self, name: &str, arg: Arg) {
        let i = self.index(name);
        self.slots[i] = Some(arg);
    }

    /// The argument taken out.
    pub fn take(&mut self, name: &str) -> Option<Arg> {
        let i = self.index(name);
        self.slots[i].take()
    }

    #[cold]
    fn wrong(&self, name: &str, expected: &str, got: &str) -> Error {
        let i = self.index(name);
        let place = i + usize::from(!self.method);
        let by_name = i >= self.by_position;
        let place = if by_name || self.signature.params[i].kind == Kind::KeywordOnly {
            String::new()
        } else {
            format!(" (position {place})")
        };
        Error::type_(format!(
            "{}(): argument '{name}'{place} must be {expected}, not {got}",
            self.name()
        ))
    }

    #[cold]
    fn wrong_arg(&self, name: &str, expected: &str) -> Error {
        let got = self.slots[self.index(name)]
            .as_ref()
            .map_or("NoneType", Arg::type_name);
        self.wrong(name, expected, got)
    }

    fn default(&self, name: &str) -> Option<Default> {
        self.signature.params[self.index(name)].default
    }

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

/// What Python says of arguments that do not fit.
fn python_error(signature: &Signature, function: &str, e: &BindError) -> Error {
    Error::type_(match e {
        BindError::TooMany(given) => {
            let (least, most) = (signature.required + 1, signature.positional + 1);
            let takes = match (least == most, most) {
                (true, 1) => "1 positional argument".into(),
                (true, n) => format!("{n} positional arguments"),
                (false, n) => format!("from {least} to {n} positional arguments"),
            };
            let given = given + 1;
            let were = if given == 1 { "was" } else { "were" };
            format!("{function}() takes {takes} but {given} {were} given")
        }
        BindError::Missing(names) => {
            let names: Vec<String> = names.iter().map(|n| format!("'{n}'")).collect();
            let n = names.len();
            let listed = match names.as_slice() {
                [one] => one.clone(),
                [one, two] => format!("{one} and {two}"),
                [most @ .., last] => format!("{}, and {last}", most.join(", ")),
                [] => String::new(),
            };
            let s = if n == 1 { "" } else { "s" };
            format!("{function}() missing {n} required positional argument{s}: {listed}")
        }
        BindError::Unexpected(name) => {
            format!("{function}() got an unexpected keyword argument '{name}'")
        }
        BindError::Multiple(name) => {
            format!("{function}() got multiple values for argument '{name}'")
        }
    })
}

/// Refuses a device other than the CPU.
pub fn check_device(text: &str) -> Result<()> {
    match text.split(':').next().unwrap_or_default() {
        "cpu" => Ok(()),
        "cuda" => bail!(Assertion, "Torch not compiled with CUDA enabled"),
        "mps" => bail!("PyTorch is not linked with support for mps devices"),
        "meta" | "xpu" | "hpu" | "xla" | "mtia" | "ipu" | "vulkan" => {
            bail!(NotImplemented, "torch.device('{text}')")
        }
        other => bail!(
            "Expected one of cpu, cuda, ipu, xpu, mkldnn, opengl, opencl, ideep, hip, ve, fpga, maia, xla, lazy, vulkan, mps, meta, hpu, mtia, privateuseone device type at start of device string: {other}"
        ),
    }
}
