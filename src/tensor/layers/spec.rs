//! What a layer says of itself, and what it reads of its instance.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::OnceLock;

use crate::base::spec::Signature;
use crate::tensor::array::error::bail;
use crate::tensor::array::{DType, Error, ErrorKind, Result, Scalar};
use crate::tensor::core::Tensor;
use crate::tensor::ops::{Arg, Args, Out};

/// A layer: everything that a class made of it, its help and the tests need.
pub struct Layer {
    /// Name and parameters of `__init__`, without `self`.
    pub signature: &'static str,
    /// One or two sentences.
    pub doc: &'static str,
    /// Expressions and what they print.
    pub examples: &'static [(&'static str, &'static str)],
    /// What an instance holds, in the order of registration.
    pub init: fn(&Args) -> Result<Fields>,
    /// Parameters of `forward`, without `self`.
    pub forward_signature: &'static str,
    /// The layer's work.
    pub forward: fn(&dyn State, &Args) -> Result<Out>,
    /// What stands between the parentheses of its `repr`.
    pub extra_repr: fn(&dyn State) -> Result<String>,
    /// Draws the parameters anew.
    pub reset_parameters: Option<fn(&dyn State) -> Result<()>>,
    /// The class it derives from: `Module`, another layer, or an abstract class such as `_ConvNd`.
    pub base: &'static str,
}

impl Layer {
    /// What most layers leave as it is.
    pub const BASE: Layer = Layer {
        signature: "",
        doc: "",
        examples: &[],
        init: |_| Ok(Vec::new()),
        forward_signature: "forward(input)",
        forward: |_, _| Ok(Out::None),
        extra_repr: |_| Ok(String::new()),
        reset_parameters: None,
        base: "Module",
    };

    /// The name in the signature.
    pub fn name(&self) -> &'static str {
        self.signature.split('(').next().unwrap_or_default()
    }
}

/// What an instance holds, in the order of registration.
pub type Fields = Vec<(&'static str, Field)>;

/// One thing that an instance holds.
#[derive(Clone)]
pub enum Field {
    /// A plain attribute.
    Attr(Arg),
    /// A parameter; `None` is registered as well.
    Parameter(Option<Tensor>),
    /// A buffer.
    Buffer {
        /// Its value.
        value: Option<Tensor>,
        /// Whether it is part of the state dict.
        persistent: bool,
    },
}

/// A plain attribute.
pub fn attr(name: &'static str, value: impl Into<Arg>) -> (&'static str, Field) {
    (name, Field::Attr(value.into()))
}

/// The arguments of these names as plain attributes.
pub fn attrs(a: &Args, names: &[&'static str]) -> Fields {
    names.iter().map(|n| (*n, Field::Attr(a.arg(n)))).collect()
}

/// A parameter.
pub fn parameter(name: &'static str, value: Option<Tensor>) -> Result<(&'static str, Field)> {
    if let Some(t) = &value {
        t.set_parameter(true);
        if t.dtype().is_differentiable() {
            t.set_requires_grad(true)?;
        }
    }
    Ok((name, Field::Parameter(value)))
}

/// A buffer that is part of the state dict.
pub fn buffer(name: &'static str, value: Option<Tensor>) -> (&'static str, Field) {
    (
        name,
        Field::Buffer {
            value,
            persistent: true,
        },
    )
}

/// The dtype for new parameters.
pub fn factory_dtype(a: &Args) -> Result<DType> {
    a.check_device()?;
    a.dtype_or_default()
}

/// What a layer reads of its instance: a script may have replaced any of it.
pub trait State {
    /// A plain attribute.
    fn get(&self, name: &str) -> Result<Arg>;
    /// A parameter or buffer.
    fn tensor(&self, name: &str) -> Result<Option<Tensor>>;
    /// Replaces a parameter or buffer.
    fn set_tensor(&self, name: &str, value: Tensor) -> Result<()>;
    /// Whether the layer is in training mode.
    fn training(&self) -> bool;

    /// An integer attribute.
    fn int(&self, name: &str) -> Result<i64> {
        let value = self.get(name)?;
        value.as_int().ok_or_else(|| unfit(name, "int", &value))
    }

    /// An integer attribute that may be `None`.
    fn opt_int(&self, name: &str) -> Result<Option<i64>> {
        match self.get(name)? {
            Arg::None => Ok(None),
            value => value
                .as_int()
                .map(Some)
                .ok_or_else(|| unfit(name, "int", &value)),
        }
    }

    /// A float attribute.
    fn float(&self, name: &str) -> Result<f64> {
        let value = self.get(name)?;
        match value.as_scalar() {
            Some(s) => Ok(s.to_f64()),
            None => Err(unfit(name, "float", &value)),
        }
    }

    /// A float attribute that may be `None`.
    fn opt_float(&self, name: &str) -> Result<Option<f64>> {
        match self.get(name)? {
            Arg::None => Ok(None),
            value => match value.as_scalar() {
                Some(s) => Ok(Some(s.to_f64())),
                None => Err(unfit(name, "float", &value)),
            },
        }
    }

    /// A number.
    fn scalar(&self, name: &str) -> Result<Scalar> {
        let value = self.get(name)?;
        value
            .as_scalar()
            .ok_or_else(|| unfit(name, "Number", &value))
    }

    /// A boolean attribute.
    fn bool(&self, name: &str) -> Result<bool> {
        match self.get(name)? {
            Arg::None => Ok(false),
            value => value
                .as_scalar()
                .map(Scalar::to_bool)
                .ok_or_else(|| unfit(name, "bool", &value)),
        }
    }

    /// A string attribute.
    fn str(&self, name: &str) -> Result<String> {
        match self.get(name)? {
            Arg::Str(s) => Ok(s),
            value => Err(unfit(name, "str", &value)),
        }
    }

    /// Integers, or one integer for all.
    fn ints(&self, name: &str) -> Result<Vec<i64>> {
        let value = self.get(name)?;
        let ints = match value.items() {
            Some(items) => items.iter().map(Arg::as_int).collect(),
            None => value.as_int().map(|i| vec![i]),
        };
        ints.ok_or_else(|| unfit(name, "tuple of ints", &value))
    }

    /// A parameter or buffer that cannot be `None`.
    fn needed(&self, name: &str) -> Result<Tensor> {
        match self.tensor(name)? {
            Some(t) => Ok(t),
            None => bail!(Type, "argument '{name}' must be Tensor, not NoneType"),
        }
    }
}

#[cold]
fn unfit(name: &str, expected: &str, got: &Arg) -> Error {
    Error::type_(format!(
        "argument '{name}' must be {expected}, not {}",
        got.type_name()
    ))
}

/// A layer and its signatures, which are parsed when they are first needed.
pub struct Entry {
    /// The layer.
    pub layer: &'static Layer,
    signature: OnceLock<Signature>,
    forward: OnceLock<Signature>,
}

impl Entry {
    const fn new(layer: &'static Layer) -> Entry {
        Entry {
            layer,
            signature: OnceLock::new(),
            forward: OnceLock::new(),
        }
    }

    /// The parsed signature of `__init__`.
    #[inline]
    pub fn signature(&self) -> &Signature {
        self.signature
            .get_or_init(|| Signature::parse(self.layer.signature))
    }

    /// The parsed signature of `forward`.
    #[inline]
    pub fn forward_signature(&self) -> &Signature {
        self.forward
            .get_or_init(|| Signature::parse(self.layer.forward_signature))
    }

    /// What an instance made with these arguments holds.
    pub fn init(
        &self,
        positional: impl IntoIterator<Item = Arg>,
        named: impl IntoIterator<Item = (String, Arg)>,
    ) -> Result<Fields> {
        let function = || format!("{}.__init__", self.layer.name());
        let args = Args::bind_python(self.signature(), function, positional, named)?;
        (self.layer.init)(&args)
    }

    /// Runs the layer on an instance.
    pub fn forward(
        &self,
        state: &dyn State,
        positional: impl IntoIterator<Item = Arg>,
        named: impl IntoIterator<Item = (String, Arg)>,
    ) -> Result<Out> {
        let name = || format!("{}.forward", self.layer.name());
        let args = Args::bind_python(self.forward_signature(), name, positional, named)?;
        super::small::forward(self.layer, state, &args)
    }
}

/// Every layer, sorted by name.
pub fn all() -> &'static [Entry] {
    static ALL: OnceLock<Vec<Entry>> = OnceLock::new();
    ALL.get_or_init(|| super::LAYERS.iter().map(|l| Entry::new(l)).collect())
}

/// A layer by its name.
pub fn find(name: &str) -> Option<&'static Entry> {
    let all = all();
    all.binary_search_by(|e| e.layer.name().cmp(name))
        .ok()
        .map(|i| &all[i])
}

/// An instance of a layer for use from Rust alone.
pub struct LayerState {
    entry: &'static Entry,
    order: Vec<&'static str>,
    fields: RefCell<HashMap<&'static str, Field>>,
    training: Cell<bool>,
}

impl LayerState {
    /// Makes a layer by name: `LayerState::new("Linear", [4i64.into(), 2i64.into()], [])`.
    pub fn new(
        name: &str,
        positional: impl IntoIterator<Item = Arg>,
        named: impl IntoIterator<Item = (String, Arg)>,
    ) -> Result<LayerState> {
        let Some(entry) = find(name) else {
            bail!(Attribute, "module 'torch.nn' has no attribute '{name}'")
        };
        let fields = entry.init(positional, named)?;
        Ok(LayerState {
            entry,
            order: fields.iter().map(|(n, _)| *n).collect(),
            fields: RefCell::new(fields.into_iter().collect()),
            training: Cell::new(true),
        })
    }

    /// Runs the layer on one input.
    pub fn forward(&self, input: &Tensor) -> Result<Tensor> {
        match self.entry.forward(self, [Arg::from(input)], [])? {
            Out::Tensor(t) => Ok(t),
            other => other
                .tensors()
                .into_iter()
                .next()
                .ok_or_else(|| Error::new(ErrorKind::Type, "the layer returned no tensor")),
        }
    }

    /// Its parameters, in order.
    pub fn parameters(&self) -> Vec<Tensor> {
        let fields = self.fields.borrow();
        let tensor = |name: &&'static str| match &fields[name] {
            Field::Parameter(t) => t.clone(),
            Field::Attr(_) | Field::Buffer { .. } => None,
        };
        self.order.iter().filter_map(tensor).collect()
    }

    /// Switches training mode.
    pub fn train(&self, on: bool) {
        self.training.set(on);
    }

    /// `Linear(in_features=4, out_features=2, bias=True)`
    pub fn repr(&self) -> Result<String> {
        let extra = (self.entry.layer.extra_repr)(self)?;
        Ok(format!("{}({extra})", self.entry.layer.name()))
    }
}

impl State for LayerState {
    fn get(&self, name: &str) -> Result<Arg> {
        match self.fields.borrow().get(name) {
            Some(Field::Attr(value)) => Ok(value.clone()),
            Some(Field::Parameter(t) | Field::Buffer { value: t, .. }) => {
                Ok(t.clone().map_or(Arg::None, Arg::Tensor))
            }
            None => Err(missing(self.entry.layer.name(), name)),
        }
    }

    fn tensor(&self, name: &str) -> Result<Option<Tensor>> {
        match self.get(name)? {
            Arg::None => Ok(None),
            Arg::Tensor(t) => Ok(Some(t)),
            other => Err(unfit(name, "Tensor", &other)),
        }
    }

    fn set_tensor(&self, name: &str, value: Tensor) -> Result<()> {
        match self.fields.borrow_mut().get_mut(name) {
            Some(Field::Parameter(t) | Field::Buffer { value: t, .. }) => {
                *t = Some(value);
                Ok(())
            }
            Some(Field::Attr(_)) | None => Err(missing(self.entry.layer.name(), name)),
        }
    }

    fn training(&self) -> bool {
        self.training.get()
    }
}

fn missing(layer: &str, name: &str) -> Error {
    Error::new(
        ErrorKind::Attribute,
        format!("'{layer}' object has no attribute '{name}'"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_sorted_and_their_signatures_parse() {
        let names: Vec<_> = all().iter().map(|e| e.layer.name()).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        assert_eq!(names, sorted);
        for e in all() {
            e.signature();
            e.forward_signature();
        }
    }
}
