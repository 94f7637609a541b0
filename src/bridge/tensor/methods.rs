//! Methods of tensors that are more than an op: backward passes, hooks, what belongs to Python.

use super::object::{expect_tensor, tensor_value};
use crate::bridge::autograd::{backward, tensor_hook};
use crate::bridge::callback;
use crate::bridge::define::def;
use crate::bridge::error::OrRaise;
use crate::bridge::handle::{handle, next_id};
use crate::bridge::library::alias;
use crate::bridge::numpy::to_numpy;
use crate::bridge::values::storage::storage_value;
use crate::lang::object::protocol::wrap;
use crate::lang::object::{
    Caller, Class, NativeSpec, Result, Value, protocol, runtime_error, type_error,
};
use crate::tensor::core::{Tensor, is_grad_enabled};

/// The methods.
pub(super) static METHODS: &[NativeSpec] = &[
    def(
        "backward(self, gradient=None, retain_graph=None, create_graph=False, inputs=None)",
        "Adds the gradients of the tensor to the leaves it was computed from.",
        |caller, args| {
            expect_tensor(&args[0])?;
            backward(caller, &args[0], [&args[1], &args[2], &args[3], &args[4]])?;
            Ok(Value::None)
        },
    ),
    def(
        "register_hook(self, hook)",
        "Calls a function with the gradient; it may return another one.",
        |_, args| {
            let tensor = expect_tensor(&args[0])?.clone();
            let number = tensor.register_hook(tensor_hook(&args[1])).or_raise()?;
            Ok(removable(&tensor, number))
        },
    ),
    def(
        "register_post_accumulate_grad_hook(self, hook)",
        "Calls a function after a gradient was added to `grad`.",
        |_, args| {
            let tensor = expect_tensor(&args[0])?.clone();
            let function = args[1].clone();
            let hook = std::rc::Rc::new(move |tensor: &Tensor| {
                callback::call(&function, &[tensor_value(tensor.clone())]).map(drop)
            });
            let number = tensor.register_post_accumulate_grad_hook(hook).or_raise()?;
            Ok(removable(&tensor, number))
        },
    ),
    def(
        "retain_grad(self)",
        "Keeps the gradient of a computed tensor.",
        |_, args| {
            expect_tensor(&args[0])?.retain_grad().or_raise()?;
            Ok(Value::None)
        },
    ),
    def("detach_(self)", "Forgets the history.", |_, args| {
        let tensor = expect_tensor(&args[0])?;
        if tensor.base().is_some() {
            return Err(runtime_error(
                "Can't detach views in-place. Use detach() instead. If you are using DistributedDataParallel (DDP) for training, and gradient_as_bucket_view is set as True, gradients are views of DDP buckets, and hence detach_() cannot be called on these gradients. To fix this error, please refer to the Optimizer.zero_grad() function in torch/optim/optimizer.py as the solution.",
            ));
        }
        tensor.clear_history();
        Ok(args[0].clone())
    }),
    def(
        "numpy(self, *, force=False)",
        "An array of NumPy that shares the memory.",
        |caller, args| {
            let forced = args[1].native_truth() == Some(true);
            as_array(caller, expect_tensor(&args[0])?, forced)
        },
    ),
    def(
        "__array__(self, dtype=None, copy=None)",
        "An array of NumPy.",
        |caller, args| {
            let array = as_array(caller, expect_tensor(&args[0])?, false)?;
            match args[1].is_none() {
                true => Ok(array),
                false => protocol::call_method(caller, &array, "astype", &args[1..2]),
            }
        },
    ),
    def(
        "get_device(self)",
        "The number of the GPU; -1 on the CPU.",
        |_, _| Ok(Value::Int(-1)),
    ),
    def(
        "data_ptr(self)",
        "The address of the first element.",
        |_, args| {
            let tensor = expect_tensor(&args[0])?;
            let array = tensor.array();
            let address = array.storage().address() + array.layout().offset * array.dtype().size();
            Ok(Value::from(address))
        },
    ),
    def(
        "as_subclass(self, cls)",
        "The same values and history as a tensor of a derived class.",
        |_, args| {
            let tensor = expect_tensor(&args[0])?;
            let Some(class) = args[1].exact::<Class>() else {
                return Err(type_error("cls must be a type (got a value)"));
            };
            let same = crate::tensor::ops::shape::rearrange::view_as_shape(tensor, &tensor.shape())
                .or_raise()?;
            crate::bridge::overrides::note(class);
            Ok(wrap(class, tensor_value(same)))
        },
    ),
    def(
        "untyped_storage(self)",
        "The memory, which other tensors may share.",
        |_, args| {
            let storage = expect_tensor(&args[0])?.array().storage().clone();
            Ok(storage_value(storage))
        },
    ),
    def(
        "_typed_storage(self)",
        "The memory as elements.",
        |caller, args| library(caller, "torch.storage", "_of_tensor", &args[..1]),
    ),
    def(
        "storage(self)",
        "The memory as elements.",
        |caller, args| {
            let args = [args[0].clone(), Value::Bool(true)];
            library(caller, "torch.storage", "_of_tensor", &args)
        },
    ),
    def(
        "__reduce_ex__(self, proto, /)",
        "How it is made anew.",
        |caller, args| library(caller, "torch._utils", "_reduce_tensor", args),
    ),
    def(
        "new(self, *args, **kwargs)",
        "A tensor of the same dtype, from sizes or data.",
        |caller, args| {
            let dtype = expect_tensor(&args[0])?.dtype();
            let given = args[1]
                .get::<crate::lang::object::Tuple>()
                .map(|t| t.items.to_vec())
                .unwrap_or_default();
            let args = crate::lang::object::Args::positional(&given);
            super::legacy::construct(caller, dtype, args).map(tensor_value)
        },
    ),
    def(
        "is_shared(self)",
        "Whether other processes see it.",
        |_, _| Ok(Value::Bool(false)),
    ),
    def("share_memory_(self)", "The tensor itself.", |_, args| {
        Ok(args[0].clone())
    }),
    def(
        "pin_memory(self, device=None)",
        "The tensor itself.",
        |_, args| Ok(args[0].clone()),
    ),
    def(
        "is_pinned(self, device=None)",
        "Whether its memory is pinned.",
        |_, _| Ok(Value::Bool(false)),
    ),
    def(
        "is_inference(self)",
        "Whether it was made in inference mode.",
        |_, args| Ok(Value::Bool(expect_tensor(&args[0])?.is_inference())),
    ),
    def(
        "_is_view(self)",
        "Whether its memory is that of another tensor.",
        |_, args| Ok(Value::Bool(expect_tensor(&args[0])?.base().is_some())),
    ),
    def(
        "is_conj(self)",
        "Whether it stands for its conjugate.",
        |_, args| Ok(Value::Bool(expect_tensor(&args[0])?.is_conj())),
    ),
    def(
        "is_neg(self)",
        "Whether it stands for its negative.",
        |_, _| Ok(Value::Bool(false)),
    ),
    def(
        "has_names(self)",
        "Whether its dimensions have names.",
        |_, _| Ok(Value::Bool(false)),
    ),
    def(
        "is_distributed(self)",
        "Whether it is spread over machines.",
        |_, _| Ok(Value::Bool(false)),
    ),
    def(
        "storage_offset(self)",
        "Where in its memory the first element lies.",
        |_, args| {
            Ok(Value::from(
                expect_tensor(&args[0])?.array().layout().offset,
            ))
        },
    ),
    def(
        "element_size(self)",
        "How many bytes an element takes.",
        |_, args| Ok(Value::from(expect_tensor(&args[0])?.dtype().size())),
    ),
    def("dim(self)", "The number of dimensions.", |_, args| {
        Ok(Value::from(expect_tensor(&args[0])?.ndim()))
    }),
    def(
        "ndimension(self)",
        "The number of dimensions.",
        |_, args| Ok(Value::from(expect_tensor(&args[0])?.ndim())),
    ),
    def(
        "apply_(self, callable)",
        "Replaces each element by a function of it.",
        |caller, args| {
            let tensor = expect_tensor(&args[0])?.clone();
            if tensor.requires_grad() {
                return Err(runtime_error(
                    "Can't call apply_() on Variable that requires grad. Use var.detach().apply_() instead.",
                ));
            }
            let mut values = Vec::new();
            for x in tensor.to_vec::<f64>().or_raise()? {
                let number = if tensor.dtype().is_floating_point() {
                    Value::Float(x)
                } else {
                    Value::Int(x as i64)
                };
                let answer = caller.call_positional(&args[1], &[number])?;
                match answer.as_number() {
                    Some(x) => values.push(x),
                    None => return Err(type_error("apply_() expects a function of numbers")),
                }
            }
            let new = Tensor::from_vec(values, &tensor.shape()).or_raise()?;
            tensor.array().assign(&new.array()).or_raise()?;
            tensor.bump_version();
            Ok(args[0].clone())
        },
    ),
];

/// Calls a function of the package that is written in the language.
fn library(caller: &mut dyn Caller, module: &str, name: &str, args: &[Value]) -> Result<Value> {
    let function = alias(caller, module, name)?.unwrap_or_default();
    caller.call_positional(&function, args)
}

fn removable(tensor: &Tensor, number: u64) -> Value {
    let weak = tensor.downgrade();
    handle(next_id(), move || {
        if let Some(tensor) = weak.upgrade() {
            tensor.remove_hook(number);
        }
    })
}

/// An array over the memory of a tensor; one that requires a gradient only if that is forced.
fn as_array(caller: &mut dyn Caller, tensor: &Tensor, forced: bool) -> Result<Value> {
    if tensor.requires_grad() && is_grad_enabled() && !forced {
        return Err(runtime_error(
            "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.",
        ));
    }
    to_numpy(caller, "of_tensor", &tensor_value(tensor.detach()))
}
