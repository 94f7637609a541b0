//! The tensor handle.

use std::any::Any;
use std::cell::{Cell, Ref, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};

use super::mode::{default_dtype, is_grad_enabled, is_inference};
use super::node::{AccumulateHook, Node, TensorHook, WeakNode};
use crate::tensor::array::error::ensure;
use crate::tensor::array::layout::show;
use crate::tensor::array::{Array, DType, Dims, Element, Error, Layout, Result, Scalar};

/// Where a tensor lives. There is one place: the CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Device;

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cpu")
    }
}

/// A tensor or a Python number, as the second operand of arithmetic.
#[derive(Clone, Copy)]
pub enum Operand<'a> {
    /// A tensor.
    Tensor(&'a Tensor),
    /// A number; it decides the result's dtype only where it is of a higher kind.
    Scalar(Scalar),
}

impl<'a> From<&'a Tensor> for Operand<'a> {
    #[inline]
    fn from(x: &'a Tensor) -> Operand<'a> {
        Operand::Tensor(x)
    }
}

impl<T: Into<Scalar>> From<T> for Operand<'_> {
    #[inline]
    fn from(x: T) -> Self {
        Operand::Scalar(x.into())
    }
}

impl Operand<'_> {
    /// The operand as a tensor; a number becomes a 0-dim one.
    pub fn to_tensor(&self) -> Tensor {
        match self {
            Operand::Tensor(t) => (*t).clone(),
            Operand::Scalar(s) => Tensor::from_scalar(*s),
        }
    }
}

/// How a view came about, for the rules on writing to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creation {
    /// By an ordinary view op.
    Default,
    /// By an op that returns several views.
    Multiple,
    /// With grad mode off.
    NoGrad,
    /// As a result of an `autograd.Function`, whose rule a write would bypass.
    Function,
}

/// What a view knows of its base.
pub struct View {
    /// The tensor at the root of all views of its memory.
    pub base: Tensor,
    /// Makes the view's history anew from the base's, after a write to the base or another view.
    pub regenerate: fn(&Tensor, &Tensor) -> Result<()>,
    /// The version at which the view's history was made.
    pub version: Cell<u32>,
    /// How it came about.
    pub creation: Creation,
}

/// Seldom used parts.
#[derive(Default)]
pub(super) struct More {
    pub(super) name: Option<String>,
    pub(super) hooks: Vec<(u64, TensorHook)>,
    pub(super) post_accumulate: Vec<(u64, AccumulateHook)>,
    /// Counts writes apart from the storage, for `.data`.
    pub(super) own_version: Option<Rc<Cell<u32>>>,
    pub(super) accumulate: WeakNode,
    pub(super) extra: Option<Rc<dyn Any>>,
}

pub(super) struct Inner {
    pub(super) array: RefCell<Array>,
    pub(super) requires_grad: Cell<bool>,
    pub(super) parameter: Cell<bool>,
    pub(super) retains_grad: Cell<bool>,
    pub(super) inference: Cell<bool>,
    pub(super) conjugate: Cell<bool>,
    pub(super) output_nr: Cell<u32>,
    pub(super) grad_fn: RefCell<Option<Rc<Node>>>,
    pub(super) grad: RefCell<Option<Tensor>>,
    pub(super) view: RefCell<Option<Box<View>>>,
    pub(super) more: RefCell<Option<Box<More>>>,
}

/// A multi-dimensional array of numbers that may know how it was computed.
///
/// A handle of one pointer: cloning shares, `same` compares identity.
#[derive(Clone)]
pub struct Tensor(pub(super) Rc<Inner>);

/// A link to a tensor that does not keep it.
pub struct WeakTensor(Weak<Inner>);

impl WeakTensor {
    /// The tensor, if it still lives.
    pub fn upgrade(&self) -> Option<Tensor> {
        self.0.upgrade().map(Tensor)
    }

    /// Whether this links to the tensor.
    pub fn is(&self, x: &Tensor) -> bool {
        std::ptr::eq(self.0.as_ptr(), Rc::as_ptr(&x.0))
    }
}

/// Construction and access to the values.
impl Tensor {
    /// A tensor without history.
    #[inline]
    pub fn from_array(array: Array) -> Tensor {
        Tensor(Rc::new(Inner {
            array: RefCell::new(array),
            requires_grad: Cell::new(false),
            parameter: Cell::new(false),
            retains_grad: Cell::new(false),
            inference: Cell::new(is_inference()),
            conjugate: Cell::new(false),
            output_nr: Cell::new(0),
            grad_fn: RefCell::new(None),
            grad: RefCell::new(None),
            view: RefCell::new(None),
            more: RefCell::new(None),
        }))
    }

    /// A contiguous tensor of these values.
    pub fn from_vec<T: Element>(values: Vec<T>, shape: &[usize]) -> Result<Tensor> {
        let n: usize = shape.iter().product();
        ensure!(
            n == values.len(),
            "shape '{}' is invalid for input of size {}",
            show(shape),
            values.len()
        );
        Ok(Tensor::from_array(Array::from_vec(values, shape)))
    }

    /// A 0-dim tensor, as `torch.tensor(number)` makes it.
    pub fn from_scalar(s: Scalar) -> Tensor {
        Tensor::from_array(Array::from_scalar(s, s.dtype(default_dtype())))
    }

    /// The values, to read.
    #[inline]
    pub fn array(&self) -> Ref<'_, Array> {
        self.0.array.borrow()
    }

    /// The values as a handle of their own.
    #[inline]
    pub fn to_array(&self) -> Array {
        self.0.array.borrow().clone()
    }

    /// Puts other values (or another layout) under this handle: `x.data = y`, `x.t_()`.
    pub fn set_array(&self, array: Array) {
        *self.0.array.borrow_mut() = array;
    }

    /// The element type.
    #[inline]
    pub fn dtype(&self) -> DType {
        self.array().dtype()
    }

    /// The size of each dimension.
    #[inline]
    pub fn shape(&self) -> Dims {
        self.array().dims()
    }

    /// The size of one dimension, counted from the end if negative.
    pub fn size(&self, dim: i64) -> Result<usize> {
        let a = self.array();
        Ok(a.shape()[self.nonscalar_dim(dim, a.ndim())?])
    }

    fn nonscalar_dim(&self, dim: i64, ndim: usize) -> Result<usize> {
        crate::tensor::array::layout::wrap_own_dim(dim, ndim)
    }

    /// The number of dimensions.
    #[inline]
    pub fn ndim(&self) -> usize {
        self.array().ndim()
    }

    /// The number of elements.
    #[inline]
    pub fn numel(&self) -> usize {
        self.array().numel()
    }

    /// `item()`: the only element as a Python number.
    #[inline]
    pub fn item(&self) -> Result<Scalar> {
        let a = self.array();
        match a.numel() {
            1 => Ok(a.first()),
            n => Err(Error::runtime(format!(
                "a Tensor with {n} elements cannot be converted to Scalar"
            ))),
        }
    }

    /// All elements in row-major order, converted.
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>> {
        self.array().to_vec()
    }

    /// Whether both handles are the same tensor.
    #[inline]
    pub fn same(&self, other: &Tensor) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// A number that tells tensors apart while they live: `id(x)`.
    #[inline]
    pub fn address(&self) -> usize {
        Rc::as_ptr(&self.0) as usize
    }

    /// How many handles there are.
    #[inline]
    pub fn handles(&self) -> usize {
        Rc::strong_count(&self.0)
    }

    /// A link that does not keep the tensor.
    pub fn downgrade(&self) -> WeakTensor {
        WeakTensor(Rc::downgrade(&self.0))
    }
}

/// Views and versions.
impl Tensor {
    /// How often the values were written to.
    #[inline]
    pub fn version(&self) -> u32 {
        if let Some(more) = self.0.more.borrow().as_ref()
            && let Some(own) = &more.own_version
        {
            return own.get();
        }
        self.array().storage().version()
    }

    /// Counts a write.
    #[inline]
    pub fn bump_version(&self) {
        if let Some(more) = self.0.more.borrow().as_ref()
            && let Some(own) = &more.own_version
        {
            own.set(own.get().wrapping_add(1));
            return;
        }
        self.array().storage().bump();
    }

    /// The tensor whose memory this is a view of.
    pub fn base(&self) -> Option<Tensor> {
        self.0.view.borrow().as_ref().map(|v| v.base.clone())
    }

    /// How the view came about; `None` if it is no view.
    pub fn creation(&self) -> Option<Creation> {
        self.0.view.borrow().as_ref().map(|v| v.creation)
    }

    /// A new handle on a layout of this tensor's memory that counts as a view of it.
    pub fn make_view(
        &self,
        layout: Layout,
        regenerate: fn(&Tensor, &Tensor) -> Result<()>,
        many: bool,
    ) -> Tensor {
        let (base, inherited) = match self.0.view.borrow().as_ref() {
            Some(v) => (v.base.clone(), v.creation),
            None => (self.clone(), Creation::Default),
        };
        let creation = match inherited {
            Creation::Default if !is_grad_enabled() => Creation::NoGrad,
            Creation::Default if many => Creation::Multiple,
            other => other,
        };
        let out = Tensor::from_array(self.array().with_layout(layout));
        // A view of an ordinary tensor is ordinary, in inference mode too.
        out.0.inference.set(self.is_inference());
        out.set_conj(self.is_conj());
        out.share_version(self);
        let version = Cell::new(out.version());
        *out.0.view.borrow_mut() = Some(Box::new(View {
            base,
            regenerate,
            version,
            creation,
        }));
        out
    }

    /// A new handle on the whole of this tensor that counts as the result of an `autograd.Function`.
    pub fn function_view(&self) -> Tensor {
        let out = self.detach();
        out.mark_function_view(self.base().unwrap_or_else(|| self.clone()));
        out
    }

    /// Makes a result of an `autograd.Function` a view of `base` that is not to be written to.
    pub fn mark_function_view(&self, base: Tensor) {
        let view = View {
            base,
            regenerate: |_, _| Ok(()),
            version: Cell::new(self.version()),
            creation: Creation::Function,
        };
        *self.0.view.borrow_mut() = Some(Box::new(view));
    }

    /// Counts writes together with another tensor of the same memory.
    pub fn share_version(&self, other: &Tensor) {
        let own = other
            .0
            .more
            .borrow()
            .as_ref()
            .and_then(|m| m.own_version.clone());
        if own.is_some() {
            self.more(|m| m.own_version = own);
        }
    }

    /// `detach()`: the same memory without history. Writes still count for both.
    pub fn detach(&self) -> Tensor {
        let out = Tensor::from_array(self.to_array());
        out.0.inference.set(self.is_inference());
        out.set_conj(self.is_conj());
        out.share_version(self);
        out
    }

    /// Whether it was made by `conj()`, or is a view of such a tensor. The conjugates are in memory all the same.
    pub fn is_conj(&self) -> bool {
        self.0.conjugate.get()
    }

    /// Says whether it is seen as the conjugate of something.
    pub fn set_conj(&self, conjugate: bool) {
        self.0.conjugate.set(conjugate);
    }

    /// `.data`: the same memory without history, whose writes are not counted for this tensor.
    pub fn data(&self) -> Tensor {
        let out = Tensor::from_array(self.to_array());
        out.more(|m| m.own_version = Some(Rc::new(Cell::new(0))));
        out
    }

    /// `x.data = y`
    pub fn set_data(&self, other: &Tensor) -> Result<()> {
        ensure!(
            !self.requires_grad() || other.dtype().is_differentiable(),
            "data set to a tensor that requires gradients must be floating point or complex dtype"
        );
        let version = self.version();
        self.set_array(other.to_array());
        let own = Rc::new(Cell::new(version));
        self.more(|m| {
            m.own_version = Some(own);
            m.accumulate = WeakNode::new();
        });
        Ok(())
    }
}

/// What other layers attach.
impl Tensor {
    pub(super) fn more<R>(&self, f: impl FnOnce(&mut More) -> R) -> R {
        f(self.0.more.borrow_mut().get_or_insert_default())
    }

    /// Whether it was made in inference mode.
    #[inline]
    pub fn is_inference(&self) -> bool {
        self.0.inference.get()
    }

    /// Whether it is an `nn.Parameter`.
    #[inline]
    pub fn is_parameter(&self) -> bool {
        self.0.parameter.get()
    }

    /// Makes it an `nn.Parameter` (or not).
    pub fn set_parameter(&self, on: bool) {
        self.0.parameter.set(on);
    }

    /// `x.name`
    pub fn name(&self) -> Option<String> {
        self.0.more.borrow().as_ref().and_then(|m| m.name.clone())
    }

    /// `x.name = ...`
    pub fn set_name(&self, name: Option<String>) {
        self.more(|m| m.name = name);
    }

    /// The slot where a layer above keeps what it wants beside a tensor.
    pub fn extra(&self) -> Option<Rc<dyn Any>> {
        self.0.more.borrow().as_ref().and_then(|m| m.extra.clone())
    }

    /// Fills the slot.
    pub fn set_extra(&self, extra: Option<Rc<dyn Any>>) {
        self.more(|m| m.extra = extra);
    }
}

impl fmt::Display for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&super::printing::to_string(self))
    }
}

impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
