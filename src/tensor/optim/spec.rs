//! What an optimizer says of itself, and what it keeps for each parameter.

use std::sync::OnceLock;

use crate::base::spec::Signature;
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::{Result, Scalar};
use crate::tensor::core::Tensor;
use crate::tensor::ops::{Arg, Args};

/// The state of a parameter right after construction.
pub type InitialState = fn(&Tensor, &dyn Options) -> Result<ParamState>;

/// One step, from parameters, their gradients, their states and the group's options.
pub type Step = fn(&[Tensor], &[Tensor], &mut [ParamState], &dyn Options) -> Result<()>;

/// An optimizer: everything that a class made of it, its help and the tests need.
pub struct Optimizer {
    /// Name and parameters of `__init__`, without `self`. All but `params` are options of a group, in sorted order.
    pub signature: &'static str,
    /// One or two sentences.
    pub doc: &'static str,
    /// Options that groups have although `__init__` does not take them.
    pub hidden: &'static [(&'static str, bool)],
    /// The options in the order in which a group lists them, where it is not that of the signature.
    pub order: &'static [&'static str],
    /// Refuses options out of range.
    pub check: fn(&Args) -> Result<()>,
    /// The state of a parameter right after construction; most optimizers have none.
    pub initial: Option<InitialState>,
    /// One step: parameters that have a gradient, the gradients, the parameters' states and the group's options.
    pub step: Step,
    /// The class it derives from: `Optimizer` or another optimizer.
    pub base: &'static str,
}

impl Optimizer {
    /// What most optimizers leave as it is.
    pub const BASE: Optimizer = Optimizer {
        signature: "",
        doc: "",
        hidden: &[],
        order: &[],
        check: |_| Ok(()),
        initial: None,
        step: |_, _, _, _| Ok(()),
        base: "Optimizer",
    };

    /// The name in the signature.
    pub fn name(&self) -> &'static str {
        self.signature.split('(').next().unwrap_or_default()
    }
}

/// What is kept for a parameter, under PyTorch's names, in the order in which PyTorch makes it.
#[derive(Clone, Default)]
pub struct ParamState {
    /// Names and values.
    pub entries: Vec<(&'static str, StateValue)>,
}

/// A value kept for a parameter.
#[derive(Clone)]
pub enum StateValue {
    /// A tensor.
    Tensor(Tensor),
    /// An `int`.
    Int(i64),
    /// A `float`.
    Float(f64),
    /// `None`
    None,
}

impl ParamState {
    /// A value by name.
    pub fn get(&self, name: &str) -> Option<&StateValue> {
        self.entries
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, v)| v)
    }

    /// Sets a value.
    pub fn set(&mut self, name: &'static str, value: StateValue) {
        match self.entries.iter_mut().find(|(n, _)| *n == name) {
            Some((_, old)) => *old = value,
            None => self.entries.push((name, value)),
        }
    }

    /// A tensor by name; a missing one is an error, as a state dict may have lost it.
    pub fn tensor(&self, name: &str) -> Result<Tensor> {
        match self.opt_tensor(name) {
            Some(t) => Ok(t),
            None => bail!(Key, "'{name}'"),
        }
    }

    /// A tensor by name, if there is one.
    pub fn opt_tensor(&self, name: &str) -> Option<Tensor> {
        match self.get(name) {
            Some(StateValue::Tensor(t)) => Some(t.clone()),
            _ => None,
        }
    }

    /// A number by name.
    pub fn number(&self, name: &str) -> Result<f64> {
        match self.get(name) {
            Some(StateValue::Tensor(t)) => Ok(t.item()?.to_f64()),
            Some(StateValue::Int(i)) => Ok(*i as f64),
            Some(StateValue::Float(x)) => Ok(*x),
            Some(StateValue::None) | None => bail!(Key, "'{name}'"),
        }
    }

    /// Adds one to the `step` tensor and returns the count.
    pub fn count(&mut self) -> Result<f64> {
        let t = self.tensor("step")?;
        let n = t.item()?.to_f64() + 1.0;
        t.array().fill(Scalar::Float(n))?;
        t.bump_version();
        Ok(n)
    }
}

/// The options of a group.
pub trait Options {
    /// An option by name.
    fn get(&self, name: &str) -> Result<Arg>;

    /// A number.
    fn float(&self, name: &str) -> Result<f64> {
        let value = self.get(name)?;
        match value.as_scalar() {
            Some(s) => Ok(s.to_f64()),
            None => bail!(
                Type,
                "must be real number, not {} ('{name}')",
                value.type_name()
            ),
        }
    }

    /// A number that may be `None`.
    fn opt_float(&self, name: &str) -> Result<Option<f64>> {
        match self.get(name)? {
            Arg::None => Ok(None),
            _ => self.float(name).map(Some),
        }
    }

    /// A boolean.
    fn bool(&self, name: &str) -> Result<bool> {
        Ok(match self.get(name)? {
            Arg::None => false,
            value => value.as_scalar().is_some_and(Scalar::to_bool),
        })
    }

    /// Numbers, such as `betas`.
    fn floats(&self, name: &str) -> Result<Vec<f64>> {
        numbers(&self.get(name)?, name)
    }

    /// Two numbers.
    fn pair(&self, name: &str) -> Result<(f64, f64)> {
        let all = self.floats(name)?;
        ensure!(
            all.len() == 2,
            Value,
            "{}",
            if all.len() > 2 {
                "too many values to unpack (expected 2)".into()
            } else {
                format!(
                    "not enough values to unpack (expected 2, got {})",
                    all.len()
                )
            }
        );
        Ok((all[0], all[1]))
    }
}

/// The numbers in a list or tuple; `None` in it counts as NaN.
pub fn numbers(value: &Arg, name: &str) -> Result<Vec<f64>> {
    let number = |a: &Arg| match a {
        Arg::None => Some(f64::NAN),
        other => other.as_scalar().map(Scalar::to_f64),
    };
    let all = value.items().and_then(|i| i.iter().map(number).collect());
    match all {
        Some(all) => Ok(all),
        None => bail!(
            Type,
            "'{}' object is not subscriptable ('{name}')",
            value.type_name()
        ),
    }
}

/// Bound arguments read as a group's options.
impl Options for Args<'_> {
    fn get(&self, name: &str) -> Result<Arg> {
        Ok(self.arg(name))
    }
}

/// An optimizer and its signature, which is parsed when it is first needed.
pub struct Entry {
    /// The optimizer.
    pub optimizer: &'static Optimizer,
    signature: OnceLock<Signature>,
}

impl Entry {
    /// The parsed signature of `__init__`.
    pub fn signature(&self) -> &Signature {
        self.signature
            .get_or_init(|| Signature::parse(self.optimizer.signature))
    }

    /// Binds the arguments of `__init__` and checks them.
    pub fn bind(
        &self,
        positional: impl IntoIterator<Item = Arg>,
        named: impl IntoIterator<Item = (String, Arg)>,
    ) -> Result<Args<'_>> {
        let name = || format!("{}.__init__", self.optimizer.name());
        let args = Args::bind_python(self.signature(), name, positional, named)?;
        if let Arg::Tensor(lr) = args.arg("lr") {
            ensure!(lr.numel() == 1, Value, "Tensor lr must be 1-element");
        }
        (self.optimizer.check)(&args)?;
        Ok(args)
    }

    /// The options of a group with these arguments: all parameters but `params`, and the hidden ones.
    pub fn defaults(&self, args: &Args) -> Vec<(&'static str, Arg)> {
        let params = self.signature().params.iter().map(|p| p.name);
        let hidden = self.optimizer.hidden.iter();
        let mut all: Vec<(&'static str, Arg)> = params
            .filter(|n| *n != "params")
            .map(|n| (n, args.arg(n)))
            .chain(hidden.map(|(n, on)| (*n, Arg::Bool(*on))))
            .collect();
        let order = self.optimizer.order;
        all.sort_by_key(|(name, _)| order.iter().position(|n| n == name));
        all
    }
}

/// Every optimizer, sorted by name.
pub fn all() -> &'static [Entry] {
    static ALL: OnceLock<Vec<Entry>> = OnceLock::new();
    ALL.get_or_init(|| {
        let entry = |o: &&'static Optimizer| Entry {
            optimizer: o,
            signature: OnceLock::new(),
        };
        super::OPTIMIZERS.iter().map(entry).collect()
    })
}

/// An optimizer by its name.
pub fn find(name: &str) -> Option<&'static Entry> {
    all().iter().find(|e| e.optimizer.name() == name)
}
