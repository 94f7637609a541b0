//! What an operation says of itself.

use super::args::{Args, Out};
use super::samples::{Make, Sample};
use crate::tensor::array::Result;

/// `torch.x`
pub const FUNCTION: u16 = 1;
/// `tensor.x`
pub const METHOD: u16 = 2;
/// `tensor.x_`
pub const IN_PLACE: u16 = 4;
/// `torch.nn.functional.x`
pub const FUNCTIONAL: u16 = 8;
/// `torch.x_`
pub const FUNCTION_IN_PLACE: u16 = 16;
/// `torch.linalg.x`; the op's name is `linalg_x`
pub const LINALG: u16 = 32;
/// `torch.special.x`
pub const SPECIAL: u16 = 64;
/// `torch.nn.functional.x_`
pub const FUNCTIONAL_IN_PLACE: u16 = 128;
/// `torch.fft.x`; the op's name is `fft_x`
pub const FFT: u16 = 512;
/// `tensor.x` without parentheses
pub const PROPERTY: u16 = 256;

/// Declares operations on sequences, images and volumes that differ by the number of dimensions alone: functions for the
/// samples and the call, which get that number, then a line for each operation.
macro_rules! spatial_ops {
    ($samples:expr, $call:expr; $($STATIC:ident $dims:literal $faces:expr,
        $signature:literal $doc:tt $example:literal $prints:literal;)*) => {$(
        #[doc = concat!("`torch.nn.functional.", $signature, "`")]
        pub static $STATIC: $crate::tensor::ops::spec::Op = $crate::tensor::ops::spec::Op {
            signature: $signature,
            faces: $faces,
            doc: $doc,
            examples: &[($example, $prints)],
            samples: |m| $samples(m, $dims),
            call: |a| $call(a, $dims),
            ..$crate::tensor::ops::spec::Op::BASE
        };
    )*};
}
pub(super) use spatial_ops;

/// An operation: everything that help, completion, binding and the tests need.
#[derive(Clone, Copy)]
pub struct Op {
    /// Name, parameters and result in Python's notation. The tensor that a method is called on comes first.
    pub signature: &'static str,
    /// Other names for the same operation.
    pub aliases: &'static [&'static str],
    /// Where it can be found.
    pub faces: u16,
    /// The node's name where the op is composed of others but has a name of its own; else empty.
    pub node: &'static str,
    /// One or two sentences.
    pub doc: &'static str,
    /// Expressions and what they print.
    pub examples: &'static [(&'static str, &'static str)],
    /// Arguments to test it with ([`registry::samples`](super::registry::samples)).
    pub samples: fn(&Make) -> Vec<Sample>,
    /// The operation on bound arguments.
    pub call: fn(&Args) -> Result<Out>,
    /// The in-place form, where it is more than `call` and a copy.
    pub in_place: Option<fn(&Args) -> Result<Out>>,
}

impl Op {
    /// What most ops leave as it is.
    pub const BASE: Op = Op {
        signature: "",
        aliases: &[],
        faces: FUNCTION,
        node: "",
        doc: "",
        examples: &[],
        samples: |_| Vec::new(),
        call: |_| Ok(Out::None),
        in_place: None,
    };

    /// The name in the signature.
    pub fn name(&self) -> &'static str {
        self.signature.split('(').next().unwrap_or_default()
    }
}
