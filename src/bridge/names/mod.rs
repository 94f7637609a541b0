//! PyTorch's public names, one a line in each text file, sorted: what is missing here but exists there is told apart
//! from what never existed.

use std::sync::OnceLock;

use crate::lang::object::{Packed, Result, Value, not_implemented_error};

/// A text that is packed in the binary, and unpacked when it is first asked for.
pub(super) struct Text(Packed, OnceLock<String>);

impl Text {
    /// The text.
    pub(super) fn get(&self) -> &str {
        self.1.get_or_init(|| self.0.text())
    }
}

/// A text of this folder.
macro_rules! text {
    ($file:literal) => {
        Text(
            Packed(include_bytes!(concat!(env!("OUT_DIR"), "/names/", $file))),
            OnceLock::new(),
        )
    };
}

/// The forms of ops, for refusals.
pub(super) static OVERLOADS: Text = text!("overloads.txt");
/// The modules of `torch.nn.modules` in which PyTorch's classes live: a class and its module on each line.
pub(super) static NN_HOMES: Text = text!("nn_homes.txt");

/// The public names of a module or class.
pub(super) struct Names(Text);

/// Of `torch`.
pub(super) static TORCH: Names = Names(text!("torch.txt"));
/// Of `torch.Tensor`.
pub(super) static TENSOR: Names = Names(text!("tensor.txt"));
/// Of `torch.nn`.
pub(super) static NN: Names = Names(text!("nn.txt"));
/// Of `torch.nn.functional`.
pub(super) static FUNCTIONAL: Names = Names(text!("functional.txt"));
/// Of `torch.nn.init`.
pub(super) static INIT: Names = Names(text!("init.txt"));
/// Of `torch.nn.utils`.
pub(super) static NN_UTILS: Names = Names(text!("nn_utils.txt"));
/// Of `torch.optim`.
pub(super) static OPTIM: Names = Names(text!("optim.txt"));
/// Of `torch.optim.lr_scheduler`.
pub(super) static LR_SCHEDULER: Names = Names(text!("lr_scheduler.txt"));
/// Of `torch.autograd`.
pub(super) static AUTOGRAD: Names = Names(text!("autograd.txt"));
/// Of `torch.linalg`.
pub(super) static LINALG: Names = Names(text!("linalg.txt"));
/// Of `torch.special`.
pub(super) static SPECIAL: Names = Names(text!("special.txt"));
/// Of `torch.utils.data`.
pub(super) static DATA: Names = Names(text!("data.txt"));
/// Of `torch.utils`.
pub(super) static UTILS: Names = Names(text!("utils.txt"));

impl Names {
    /// All of them.
    pub(super) fn all(&'static self) -> impl Iterator<Item = &'static str> {
        self.0.get().lines()
    }

    /// Whether PyTorch has the name.
    pub(super) fn contains(&'static self, name: &str) -> bool {
        self.all().any(|known| known == name)
    }

    /// The end of a lookup: `NotImplementedError: torch.foo` for what PyTorch has, nothing for what it has not.
    pub(super) fn refuse(&'static self, module: &str, name: &str) -> Result<Option<Value>> {
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
