//! Values that an operation keeps for its backward pass.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

use super::node::Node;
use super::tensor::Tensor;
use super::watch::{self, SavedHooks};
use super::{is_grad_enabled, level};
use crate::tensor::array::{Array, Error, Result, Scalar};

/// A kept value. Reading it checks that it was not written to since.
pub enum Saved {
    /// An input: the tensor itself and its version at the time.
    Input(Tensor, u32),
    /// A result: the values without the handle, so that there is no cycle; which output of the operation it is.
    Result(Array, u32, u32),
    /// A number.
    Number(Scalar),
    /// A value that hooks have put away; which output of the operation it is, if it is one.
    Packed(Rc<Packed>, Option<u32>),
}

/// A value in the care of hooks. An error of the hook that put it away is told when it is asked for.
pub struct Packed {
    hooks: Rc<dyn SavedHooks>,
    value: std::result::Result<Box<dyn Any>, RefCell<Option<Error>>>,
}

impl Packed {
    fn new(hooks: Rc<dyn SavedHooks>, x: &Tensor) -> Packed {
        let value = hooks.pack(x).map_err(|e| RefCell::new(Some(e)));
        Packed { hooks, value }
    }

    fn get(&self) -> Result<Tensor> {
        match &self.value {
            Ok(packed) => self.hooks.unpack(packed.as_ref()),
            Err(error) => Err(error
                .take()
                .unwrap_or_else(|| Error::runtime("a hook on saved tensors failed"))),
        }
    }
}

impl Saved {
    /// Keeps an input.
    #[inline]
    pub fn input(x: &Tensor) -> Saved {
        if let Some(hooks) = watch::hooks() {
            return Saved::Packed(Rc::new(Packed::new(hooks, x)), None);
        }
        if x.is_inference() && super::is_grad_enabled() {
            watch::note_misuse();
        }
        Saved::Input(x.clone(), x.version())
    }

    /// Keeps the (only) result.
    #[inline]
    pub fn result(y: &Array) -> Saved {
        Saved::output(y, 0)
    }

    /// Keeps one of several results.
    #[inline]
    pub fn output(y: &Array, number: u32) -> Saved {
        if let Some(hooks) = watch::hooks() {
            let y = Tensor::from_array(y.clone());
            return Saved::Packed(Rc::new(Packed::new(hooks, &y)), Some(number));
        }
        Saved::Result(y.clone(), y.storage().version(), number)
    }

    /// The value, for use in a backward rule. A result gets `node` as its history.
    #[inline]
    pub fn get(&self, node: &Rc<Node>) -> Result<Tensor> {
        match self {
            Saved::Input(x, version) if x.version() == *version => Ok(x.clone()),
            Saved::Input(x, version) => Err(stale(x, x.version(), *version)),
            Saved::Result(y, version, number) => {
                let now = y.storage().version();
                let out = Tensor::from_array(y.clone());
                if is_grad_enabled() {
                    out.set_history(node.clone(), *number);
                }
                if now == *version {
                    Ok(out)
                } else {
                    Err(stale_result(&out, node, *number, now, *version))
                }
            }
            Saved::Number(s) => Ok(Tensor::from_scalar(*s)),
            Saved::Packed(packed, None) => packed.get(),
            Saved::Packed(packed, Some(number)) => {
                let out = packed.get()?.detach();
                if is_grad_enabled() {
                    out.set_history(node.clone(), *number);
                }
                Ok(out)
            }
        }
    }

    /// A kept number.
    pub fn scalar(&self) -> Option<Scalar> {
        if let Saved::Number(s) = self {
            Some(*s)
        } else {
            None
        }
    }
}

fn stale(x: &Tensor, now: u32, expected: u32) -> Error {
    let from = x
        .grad_fn()
        .map(|node| origin(node.name(), x.output_nr()))
        .unwrap_or_default();
    stale_message(x, &from, now, expected)
}

fn stale_result(y: &Tensor, node: &Rc<Node>, number: u32, now: u32, expected: u32) -> Error {
    stale_message(y, &origin(node.name(), number), now, expected)
}

fn origin(name: &str, number: u32) -> String {
    let name = if level::level() == 1 {
        name
    } else {
        name.split("Backward").next().unwrap_or(name)
    };
    format!(", which is output {number} of {name},")
}

fn stale_message(x: &Tensor, from: &str, now: u32, expected: u32) -> Error {
    watch::note_stale(x.array().storage());
    let shape = crate::tensor::array::layout::show(x.array().shape());
    Error::runtime(format!(
        "one of the variables needed for gradient computation has been modified by an inplace operation: [torch.{}Tensor {shape}]{from} is at version {now}; expected version {expected} instead. Hint: enable anomaly detection to find the operation that failed to compute its gradient, with torch.autograd.set_detect_anomaly(True, check_nan=False).",
        x.dtype().scalar_name()
    ))
}

/// What an operation keeps: nothing, or a combination of [`Saved`] values.
pub trait Keep: 'static {
    /// Whether there is nothing to let go of, so that a second backward pass is allowed.
    fn is_nothing(&self) -> bool {
        false
    }

    /// Shows the values in their order; nothing where a value that may be kept is not.
    fn each(&self, _see: &mut dyn FnMut(Option<&Saved>)) {}
}

impl Keep for () {
    fn is_nothing(&self) -> bool {
        true
    }
}
impl Keep for Saved {
    fn each(&self, see: &mut dyn FnMut(Option<&Saved>)) {
        see(Some(self));
    }
}
impl Keep for Option<Saved> {
    fn is_nothing(&self) -> bool {
        self.is_none()
    }

    fn each(&self, see: &mut dyn FnMut(Option<&Saved>)) {
        see(self.as_ref());
    }
}
impl<const N: usize> Keep for [Saved; N] {}
impl Keep for Vec<Saved> {
    fn is_nothing(&self) -> bool {
        self.is_empty()
    }
}
impl<A: Keep, B: Keep> Keep for (A, B) {
    fn is_nothing(&self) -> bool {
        self.0.is_nothing() && self.1.is_nothing()
    }

    fn each(&self, see: &mut dyn FnMut(Option<&Saved>)) {
        self.0.each(see);
        self.1.each(see);
    }
}
impl<A: Keep, B: Keep, C: Keep> Keep for (A, B, C) {
    fn is_nothing(&self) -> bool {
        self.0.is_nothing() && self.1.is_nothing() && self.2.is_nothing()
    }
}
impl<A: Keep, B: Keep, C: Keep, D: Keep> Keep for (A, B, C, D) {
    fn is_nothing(&self) -> bool {
        self.0.is_nothing() && self.1.is_nothing() && self.2.is_nothing() && self.3.is_nothing()
    }
}
