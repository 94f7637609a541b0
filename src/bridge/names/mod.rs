//! PyTorch's public names, one a line in each text file, sorted: what is missing here but exists there is told apart
//! from what never existed.

use crate::lang::object::{Result, Value, not_implemented_error};

/// The public names of a module or class.
pub(super) struct Names(&'static str);

/// Of `torch`.
pub(super) static TORCH: Names = Names(include_str!("torch.txt"));
/// Of `torch.Tensor`.
pub(super) static TENSOR: Names = Names(include_str!("tensor.txt"));
/// Of `torch.nn`.
pub(super) static NN: Names = Names(include_str!("nn.txt"));
/// Of `torch.nn.functional`.
pub(super) static FUNCTIONAL: Names = Names(include_str!("functional.txt"));
/// Of `torch.nn.init`.
pub(super) static INIT: Names = Names(include_str!("init.txt"));
/// Of `torch.nn.utils`.
pub(super) static NN_UTILS: Names = Names(include_str!("nn_utils.txt"));
/// Of `torch.optim`.
pub(super) static OPTIM: Names = Names(include_str!("optim.txt"));
/// Of `torch.optim.lr_scheduler`.
pub(super) static LR_SCHEDULER: Names = Names(include_str!("lr_scheduler.txt"));
/// Of `torch.autograd`.
pub(super) static AUTOGRAD: Names = Names(include_str!("autograd.txt"));
/// Of `torch.linalg`.
pub(super) static LINALG: Names = Names(include_str!("linalg.txt"));
/// Of `torch.special`.
pub(super) static SPECIAL: Names = Names(include_str!("special.txt"));
/// Of `torch.utils.data`.
pub(super) static DATA: Names = Names(include_str!("data.txt"));
/// Of `torch.utils`.
pub(super) static UTILS: Names = Names(include_str!("utils.txt"));

impl Names {
    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = &'static str> {
        self.0.lines()
    }

    /// Whether PyTorch has the name.
    pub(super) fn contains(&self, name: &str) -> bool {
        self.all().any(|known| known == name)
    }

    /// The end of a lookup: `NotImplementedError: torch.foo` for what PyTorch has, nothing for what it has not.
    pub(super) fn refuse(&self, module: &str, name: &str) -> Result<Option<Value>> {
        if self.contains(name) {
            Err(not_implemented_error(format!("{module}.{name}")))
        } else {
            Ok(None)
        }
    }
}

/// Names as the value of `__all__`.
pub(super) fn list(names: impl IntoIterator<Item = impl Into<String>>) -> Value {
    Value::list(names.into_iter().map(Value::str).collect())
}

#[cfg(test)]
mod tests {
    #[test]
    fn lists_are_sorted() {
        for names in [
            &super::TORCH,
            &super::TENSOR,
            &super::NN,
            &super::FUNCTIONAL,
        ] {
            let all: Vec<_> = names.all().collect();
            assert!(all.is_sorted(), "{:?}", &all[..3]);
        }
    }
}
