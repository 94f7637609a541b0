//! Two levels of PyTorch's own words: 2 is today's, 1 is that of PyTorch 1.x as old tutorials show it.
//!
//! Every difference stands in this file; the rest of the library asks here.

use std::cell::Cell;

thread_local! {
    static LEVEL: Cell<u8> = const { Cell::new(2) };
}

/// Which level is on: 1 or 2.
pub fn level() -> u8 {
    LEVEL.get()
}

/// Chooses the level; anything but 1 is 2.
pub fn set_level(level: u8) {
    LEVEL.set(if level == 1 { 1 } else { 2 });
}

/// Names that ended in 0 in PyTorch 1.x as well: the functions that had several overloads.
const NUMBERED_OF_OLD: &[&str] = &[
    "AddBackward0",
    "BmmBackward0",
    "DivBackward0",
    "EqBackward0",
    "FillBackward0",
    "FmodBackward0",
    "GatherBackward0",
    "LeBackward0",
    "LerpBackward0",
    "MaskedFillBackward0",
    "MaxBackward0",
    "MeanBackward0",
    "MedianBackward0",
    "MinBackward0",
    "MulBackward0",
    "NormBackward0",
    "PowBackward0",
    "ProdBackward0",
    "ReluBackward0",
    "RemainderBackward0",
    "ScatterBackward0",
    "SqueezeBackward0",
    "StdBackward0",
    "SubBackward0",
    "SumBackward0",
    "TransposeBackward0",
    "UnsqueezeBackward0",
    "VarBackward0",
    "WhereBackward0",
];

/// A node's name in the words of the level.
pub fn node_name(name: &'static str) -> &'static str {
    if level() == 2 || NUMBERED_OF_OLD.contains(&name) {
        return name;
    }
    match name {
        "ConvolutionBackward0" => "MkldnnConvolutionBackward",
        "ToCopyBackward0" => "CopyBackwards",
        _ => name.strip_suffix('0').unwrap_or(name),
    }
}

/// What a second pass through freed values says.
pub fn second_backward_message() -> &'static str {
    match level() {
        1 => {
            "Trying to backward through the graph a second time, but the buffers have already been freed. Specify retain_graph=True when calling backward the first time."
        }
        _ => {
            "Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors after calling backward."
        }
    }
}

/// Whether `zero_grad()` sets gradients to `None` unless told otherwise; it filled them with zeros before 2.0.
pub fn zero_grad_sets_none() -> bool {
    level() != 1
}
