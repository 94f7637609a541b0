//! Layers that hold numbers only and apply a functional op: how they call it and how they print.

use super::spec::State;
use crate::tensor::array::Result;
use crate::tensor::array::error::bail;
use crate::tensor::core::number::{repr, tuple_repr};
use crate::tensor::ops::registry::functional;
use crate::tensor::ops::{Arg, Args, Out};

/// Calls `torch.nn.functional.<name>` with these arguments and, by name, attributes of the layer.
pub fn call(
    name: &str,
    positional: impl IntoIterator<Item = Arg>,
    s: &dyn State,
    attributes: &[&str],
) -> Result<Out> {
    let Some(op) = functional(name) else {
        bail!(NotImplemented, "torch.nn.functional.{name}")
    };
    let mut named = Vec::with_capacity(attributes.len());
    for a in attributes {
        named.push((a.to_string(), s.get(a)?));
    }
    op.call(positional, named)
}

/// [`call`] on the input of `forward`.
pub fn on_input(name: &str, s: &dyn State, a: &Args, attributes: &[&str]) -> Result<Out> {
    call(name, [Arg::from(a.tensor("input")?)], s, attributes)
}

/// [`call`] on the arguments of `forward` by these names; a buffer that is `None` is left out.
pub fn on_inputs(
    name: &str,
    s: &dyn State,
    a: &Args,
    inputs: &[&str],
    attributes: &[&str],
) -> Result<Out> {
    let mut positional = Vec::with_capacity(inputs.len());
    for i in inputs {
        positional.push(a.arg(i));
    }
    call(name, positional, s, attributes)
}

/// `repr` of an attribute.
pub fn arg_repr(value: &Arg) -> String {
    match value {
        Arg::None => "None".into(),
        Arg::Str(text) => format!("'{text}'"),
        Arg::Tuple(items) => tuple_repr(&items.iter().map(arg_repr).collect::<Vec<_>>()),
        Arg::List(items) => {
            let items: Vec<String> = items.iter().map(arg_repr).collect();
            format!("[{}]", items.join(", "))
        }
        Arg::Tensor(t) => t.to_string(),
        Arg::DType(d) => d.name().to_string(),
        other => match other.as_scalar() {
            Some(s) => repr(s),
            None => other.type_name().to_string(),
        },
    }
}

/// The text of attributes for `extra_repr`: `name` stands for `name=value`, `=name` for the value alone, and `?name` for
/// `name=True`, which is left out unless it is true.
pub fn shown(s: &dyn State, names: &[&str]) -> Result<String> {
    let mut parts = Vec::new();
    for name in names {
        if let Some(name) = name.strip_prefix('?') {
            if s.bool(name)? {
                parts.push(format!("{name}=True"));
            }
        } else if let Some(name) = name.strip_prefix('=') {
            parts.push(arg_repr(&s.get(name)?));
        } else {
            parts.push(format!("{name}={}", arg_repr(&s.get(name)?)));
        }
    }
    Ok(parts.join(", "))
}

/// One block a layer: its constant, signature, base, the functional op, the attributes that the op takes by name, what
/// is shown, and the documentation. All parameters of the signature are attributes.
macro_rules! plain_layers {
    ($(
        $STATIC:ident $signature:literal $base:literal $op:literal [$($attribute:literal)*] [$($show:literal)*]
        $doc:literal ($example:literal, $prints:literal);
    )*) => {$(
        #[doc = concat!("`nn.", $signature, "`")]
        pub static $STATIC: Layer = Layer {
            signature: $signature,
            doc: $doc,
            examples: &[($example, $prints)],
            init: |a| Ok($crate::tensor::layers::spec::attrs(a, &[$($attribute),*])),
            forward: |s, a| $crate::tensor::layers::apply::on_input($op, s, a, &[$($attribute),*]),
            extra_repr: |s| $crate::tensor::layers::apply::shown(s, &[$($show),*]),
            base: $base,
            ..Layer::BASE
        };
    )*};
}
