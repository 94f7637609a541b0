//! Arguments as the tensor wing sees them, and their binding to a signature.

use smallvec::SmallVec;

pub use super::arg::Arg;
pub use super::result::Out;

use crate::base::spec::{BindError, Default, Kind, Signature};
use crate::tensor::array::error::bail;
use crate::tensor::array::{Error, Result};

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
    pub(super) fn index(&self, name: &str) -> usize {
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

    /// Whether one of the tensors requires a gradient.
    pub(super) fn require_grad(&self) -> bool {
        fn requires(arg: &Arg) -> bool {
            match arg {
                Arg::Tensor(t) => t.requires_grad(),
                other => other.items().is_some_and(|all| all.iter().any(requires)),
            }
        }
        self.slots.iter().flatten().chain(&self.star).any(requires)
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
    pub(super) fn wrong(&self, name: &str, expected: &str, got: &str) -> Error {
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
    pub(super) fn wrong_arg(&self, name: &str, expected: &str) -> Error {
        let got = self.slots[self.index(name)]
            .as_ref()
            .map_or("NoneType", Arg::type_name);
        self.wrong(name, expected, got)
    }

    pub(super) fn default(&self, name: &str) -> Option<Default> {
        self.signature.params[self.index(name)].default
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
