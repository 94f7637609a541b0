//! `torch._C`: what the parts of the package that are written in the language need of the tensor wing.

use std::rc::Rc;

use super::functions::generator_or_default;
use crate::bridge::autograd::{ScriptHooks, node_class};
use crate::bridge::convert::dtype_of;
use crate::bridge::define::def;
use crate::bridge::error::OrRaise;
use crate::bridge::library::alias;
use crate::bridge::overrides;
use crate::bridge::tensor::{tensor_of, tensor_value};
use crate::bridge::values::dtype_value;
use crate::bridge::values::storage::{StorageObject, storage_class};
use crate::lang::object::{
    Caller, ModuleSpec, NativeSpec, Result, Value, protocol, runtime_error, type_error,
};
use crate::tensor::array::layout::show;
use crate::tensor::array::{Array, DType, Dims, Layout};
use crate::tensor::autograd;
use crate::tensor::core::Tensor;
use crate::tensor::core::mode::{autocast, set_autocast};
use crate::tensor::core::watch;
use crate::tensor::ops::random::gamma::standard_gamma;

/// `torch._C`
pub(in crate::bridge) static NATIVE: ModuleSpec = ModuleSpec {
    name: "torch._C",
    doc: "What the package itself needs.",
    functions: FUNCTIONS,
    setup: |_, module| {
        module.set("Node", Value::from(&node_class()));
        module.set("UntypedStorage", Value::from(&storage_class()));
        module.lazy.replace(Some(|caller, _, name| match name {
            "DisableTorchFunction" | "DisableTorchFunctionSubclass" => {
                alias(caller, "torch.overrides", name)
            }
            _ => Ok(None),
        }));
        Ok(())
    },
};

static FUNCTIONS: &[NativeSpec] = &[
    def(
        "_tensor_over(storage, dtype, offset, size, stride)",
        "A tensor that looks at a storage; its place is counted in elements.",
        tensor_over,
    ),
    def(
        "_standard_gamma(concentration, generator=None)",
        "Samples of the standard gamma distribution, without history.",
        |_, args| {
            let Some(concentration) = tensor_of(&args[0]) else {
                return Err(type_error("_standard_gamma() expects a Tensor"));
            };
            let generator = generator_or_default(&args[1]);
            let samples = standard_gamma(concentration, &generator).or_raise()?;
            Ok(tensor_value(samples))
        },
    ),
    def(
        "_push_saved_hooks(pack, unpack)",
        "Puts hooks on values that are kept for backward passes from now on.",
        |_, args| {
            watch::push_hooks(Rc::new(ScriptHooks {
                pack: args[0].clone(),
                unpack: args[1].clone(),
            }));
            Ok(Value::None)
        },
    ),
    def(
        "_pass_number()",
        "How many backward passes were begun.",
        |_, _| Ok(Value::Int(crate::tensor::autograd::pass_number())),
    ),
    def(
        "_pass_accumulates()",
        "Whether the backward pass that runs adds to the `.grad` of all leaves.",
        |_, _| Ok(Value::Bool(crate::tensor::autograd::pass_accumulates())),
    ),
    def(
        "_pop_saved_hooks()",
        "Takes the last hooks away.",
        |_, _| {
            watch::pop_hooks();
            Ok(Value::None)
        },
    ),
    def(
        "_autocast()",
        "The dtype that operations run in; None while they run in that of their arguments.",
        |_, _| Ok(autocast().map_or(Value::None, dtype_value)),
    ),
    def(
        "_set_autocast(dtype)",
        "Sets the dtype that operations run in.",
        |_, args| {
            set_autocast(dtype_of(&args[0]));
            Ok(Value::None)
        },
    ),
    def(
        "_switch_overrides(by)",
        "Adds to the number of contexts in which `__torch_function__` is not asked, and returns it.",
        |_, args| {
            let now = overrides::switch(args[0].as_int().unwrap_or(0));
            Ok(Value::Int(now))
        },
    ),
    def("_bump_version(tensor)", "Counts a write.", |_, args| {
        if let Some(tensor) = tensor_of(&args[0]) {
            tensor.bump_version();
        }
        Ok(Value::None)
    }),
    def(
        "_graph_leaves(tensors)",
        "The leaves that require a gradient and that tensors were computed from.",
        |caller, args| {
            let values = protocol::collect(caller, &args[0])?;
            let tensors: Vec<Tensor> = values.iter().filter_map(tensor_of).cloned().collect();
            let leaves = autograd::leaves(&tensors);
            Ok(Value::list(leaves.into_iter().map(tensor_value).collect()))
        },
    ),
];

fn dims(caller: &mut dyn Caller, value: &Value) -> Result<Dims> {
    let mut out = Dims::new();
    for item in protocol::collect(caller, value)? {
        match item.as_int().map(usize::try_from) {
            Some(Ok(n)) => out.push(n),
            _ => return Err(runtime_error("sizes and strides must be natural numbers")),
        }
    }
    Ok(out)
}

fn tensor_over(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let (Some(storage), Some(dtype)) = (args[0].get::<StorageObject>(), dtype_of(&args[1])) else {
        return Err(type_error("a storage and a dtype are expected"));
    };
    let storage = storage.0.clone();
    let Some(Ok(offset)) = args[2].as_int().map(usize::try_from) else {
        return Err(runtime_error(format!(
            "Tensor: invalid storage offset {}",
            protocol::repr(caller, &args[2])?
        )));
    };
    let (shape, strides) = (dims(caller, &args[3])?, dims(caller, &args[4])?);
    if shape.len() != strides.len() {
        return Err(runtime_error(format!(
            "mismatch in length of strides and shape: {} and {}",
            show(&shape),
            show(&strides)
        )));
    }
    let held = storage.borrow().len();
    let needed = reach(&shape, &strides, offset).and_then(|n| n.checked_mul(dtype.size()));
    if needed.is_none_or(|needed| needed > held) {
        return Err(runtime_error(format!(
            "setStorage: sizes {}, strides {}, storage offset {offset}, and itemsize {} requiring a storage size of {} are out of bounds for storage of size {held}",
            show(&shape),
            show(&strides),
            dtype.size(),
            needed.unwrap_or(usize::MAX)
        )));
    }
    if dtype == DType::Bool {
        // Bytes from elsewhere may be any number; a bool is 0 or 1.
        let mut bytes = storage.borrow_mut();
        let bytes = bytes.slice_mut::<u8>();
        bytes.iter_mut().for_each(|b| *b = u8::from(*b != 0));
    }
    let layout = Layout {
        shape,
        strides,
        offset,
    };
    Ok(tensor_value(Tensor::from_array(Array::from_parts(
        dtype, layout, storage,
    ))))
}

/// One past the last element; nothing where that is more than a number can hold.
fn reach(shape: &[usize], strides: &[usize], offset: usize) -> Option<usize> {
    if shape.contains(&0) {
        return Some(0);
    }
    let steps = shape.iter().zip(strides);
    let last = steps
        .map(|(n, s)| (n - 1).checked_mul(*s))
        .try_fold(offset, |sum, step| sum.checked_add(step?));
    last?.checked_add(1)
}
