//! What scripts attach to a tensor: attributes of any name.

use std::rc::Rc;

use crate::lang::object::{Dict, Ref};
use crate::tensor::core::Tensor;

/// Kept in the tensor's slot for other layers.
struct Extra {
    attributes: Ref<Dict>,
}

/// The attributes that a script has set on a tensor.
pub(in crate::bridge) fn extra_dict(tensor: &Tensor) -> Option<Ref<Dict>> {
    let extra = tensor.extra()?.downcast::<Extra>().ok()?;
    Some(extra.attributes.clone())
}

/// The same, made if there is none.
pub(in crate::bridge) fn set_extra(tensor: &Tensor) -> Ref<Dict> {
    if let Some(dict) = extra_dict(tensor) {
        return dict;
    }
    let attributes = Dict::new();
    tensor.set_extra(Some(Rc::new(Extra {
        attributes: attributes.clone(),
    })));
    attributes
}
