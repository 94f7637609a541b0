//! `numpy._native`: what the package `numpy` needs of Rust.

use std::cell::RefCell;

use num_bigint::BigInt as Big;
use num_traits::ToPrimitive;

use super::bits::{Bits, Source};
use super::{data, sum, ziggurat};
use crate::bridge::convert::dtype_of;
use crate::bridge::define::{class_of, def};
use crate::bridge::error::OrRaise;
use crate::bridge::tensor::{tensor_of, tensor_value};
use crate::bridge::values::GeneratorObject;
use crate::lang::object::native::ClassSpec;
use crate::lang::object::{
    Args, BigInt, Caller, Class, HeapType, Kind, ModuleSpec, NativeSpec, Ref, Result, Value,
    protocol, type_error,
};
use crate::tensor::array::{Array, DType, Scalar};
use crate::tensor::core::Tensor;

/// `numpy._native`
pub(in crate::bridge) static NATIVE: ModuleSpec = ModuleSpec {
    name: "numpy._native",
    doc: "What the package itself needs.",
    functions: FUNCTIONS,
    setup: |_, module| {
        module.set("Bits", Value::from(&bits_class()));
        Ok(())
    },
};

/// A stream on the heap.
struct BitsObject(RefCell<Bits>);

impl HeapType for BitsObject {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        bits_class()
    }
}

class_of! {
    /// The class of streams.
    bits_class BITS;
}

static BITS: ClassSpec = ClassSpec {
    name: "Bits",
    module: "numpy._native",
    doc: "A stream of random bits: of a torch.Generator, or of PCG64 with a state and an increment.",
    methods: METHODS,
    make: Some(make),
    ..ClassSpec::EMPTY
};

fn wide(value: Option<&Value>) -> u128 {
    let big = value.and_then(Value::as_bigint);
    big.and_then(|n| n.to_u128()).unwrap_or(0)
}

/// `Bits(generator)` or `Bits(state, increment)`
fn make(_: &mut dyn Caller, _: &Ref<Class>, args: Args) -> Result<Value> {
    let generator = args
        .positional
        .first()
        .and_then(Value::exact::<GeneratorObject>);
    let source = match generator {
        Some(generator) => Source::Twister(generator.0.clone()),
        None => Source::Pcg {
            state: wide(args.positional.first()),
            step: wide(args.positional.get(1)),
        },
    };
    let bits = Bits {
        source,
        kept: None,
        half: None,
    };
    Ok(Value::from(Ref::new(BitsObject(RefCell::new(bits)))))
}

fn with<R>(value: &Value, f: impl FnOnce(&mut Bits) -> R) -> Result<R> {
    match value.get::<BitsObject>() {
        Some(object) => Ok(f(&mut object.0.borrow_mut())),
        None => Err(type_error("a stream of bits is expected")),
    }
}

fn count(value: &Value) -> usize {
    value
        .as_int()
        .and_then(|n| usize::try_from(n).ok())
        .unwrap_or(0)
}

/// Numbers of a distribution.
fn fill(bits: &mut Bits, kind: &str, out: &mut [f64]) {
    match kind {
        "gauss" => out.iter_mut().for_each(|x| *x = bits.gauss()),
        "normal" => ziggurat::normal(bits, out),
        "exponential" => ziggurat::exponential(bits, out),
        "legacy_exponential" => out
            .iter_mut()
            .for_each(|x| *x = -(1.0 - bits.double()).ln()),
        "single" => out
            .iter_mut()
            .for_each(|x| *x = f64::from(bits.u32() >> 8) / 16_777_216.0),
        _ => out.iter_mut().for_each(|x| *x = bits.double()),
    }
}

static METHODS: &[NativeSpec] = &[
    def(
        "fill(self, kind, n, /)",
        "Numbers of a distribution, in float64.",
        |_, args| {
            let kind = args[1].as_str().unwrap_or_default();
            let out = Array::build::<f64>(&[count(&args[2])], |out| {
                // The receiver was looked at when the method was found.
                let _ = with(&args[0], |bits| fill(bits, kind, out));
            });
            out.map(Tensor::from_array).map(tensor_value).or_raise()
        },
    ),
    def(
        "integers(self, n, low, most, bits, masked, /)",
        "Integers from `low` to `low + most`.",
        |_, args| {
            let (low, most) = (
                args[2].as_bigint().unwrap_or_default(),
                wide(Some(&args[3])),
            );
            let low = low
                .to_i64()
                .unwrap_or_else(|| low.to_u64().unwrap_or(0) as i64);
            let (bits, masked) = (count(&args[4]) as u32, args[5].native_truth() == Some(true));
            let out = Array::build::<i64>(&[count(&args[1])], |out| {
                let _ = with(&args[0], |b| {
                    b.integers(out, low, most as u64, bits, masked)
                });
            });
            out.map(Tensor::from_array).map(tensor_value).or_raise()
        },
    ),
    def(
        "order(self, n, first, masked, /)",
        "The numbers below n, shuffled from the end down to `first`.",
        |_, args| {
            let masked = args[3].native_truth() == Some(true);
            let mut order: Vec<i64> = (0..count(&args[1]) as i64).collect();
            with(&args[0], |b| b.shuffle(&mut order, count(&args[2]), masked))?;
            let n = order.len();
            Tensor::from_vec(order, &[n]).map(tensor_value).or_raise()
        },
    ),
    def("next(self, /)", "64 bits.", |_, args| {
        Ok(BigInt::value(Big::from(with(&args[0], Bits::u64)?)))
    }),
    def(
        "state(self, /)",
        "The state and increment of PCG64, the kept half of a word or None, the kept normal number or None.",
        |_, args| {
            with(&args[0], |bits| {
                let (state, step) = match bits.source {
                    Source::Pcg { state, step } => (state, step),
                    Source::Twister(_) => (0, 0),
                };
                Value::tuple([
                    BigInt::value(Big::from(state)),
                    BigInt::value(Big::from(step)),
                    bits.half.map_or(Value::None, |h| Value::Int(h.into())),
                    bits.kept.map_or(Value::None, Value::Float),
                ])
            })
        },
    ),
    def(
        "restore(self, state, step, half, kept, /)",
        "Takes over what `state()` gave.",
        |_, args| {
            with(&args[0], |bits| {
                if let Source::Pcg { state, step } = &mut bits.source {
                    (*state, *step) = (wide(Some(&args[1])), wide(Some(&args[2])));
                }
                bits.half = args[3].as_int().map(|h| h as u32);
                bits.kept = args[4].as_float();
                Value::None
            })
        },
    ),
];

fn tensor(value: &Value) -> Result<&Tensor> {
    tensor_of(value).ok_or_else(|| type_error("a tensor is expected"))
}

/// The shortest digits that are this number and no other of the dtype, as `1.5e-3`.
fn shortest(x: f64, dtype: DType) -> String {
    let same = |text: &str| {
        let read = text.parse::<f64>().unwrap_or(f64::NAN);
        Array::from_scalar(Scalar::Float(read), dtype)
            .first()
            .to_f64()
            == x
    };
    let tries = (0..17).map(|places| format!("{x:.places$e}"));
    tries
        .into_iter()
        .find(|text| same(text))
        .unwrap_or_else(|| format!("{x:e}"))
}

static FUNCTIONS: &[NativeSpec] = &[
    def(
        "install(function, /)",
        "Has torch ask a function about data that it does not know.",
        |_, args| {
            data::install(args[0].clone());
            Ok(Value::None)
        },
    ),
    def(
        "sum(tensor, axes, product=False, /)",
        "The sum or product over some axes of a tensor of float32 or float64, in NumPy's order.",
        |caller, args| {
            let mut axes = Vec::new();
            for axis in protocol::collect(caller, &args[1])? {
                axes.push(count(&axis));
            }
            let x = tensor(&args[0])?;
            let product = args[2].native_truth() == Some(true);
            let out = match x.dtype() {
                DType::Float64 => sum::fold::<f64>(&x.array(), &axes, product),
                DType::Float32 => sum::fold::<f32>(&x.array(), &axes, product),
                _ => return Err(type_error("a tensor of float32 or float64 is expected")),
            };
            out.map(Tensor::from_array).map(tensor_value).or_raise()
        },
    ),
    def(
        "shortest(x, dtype, /)",
        "The shortest digits of a finite number in a dtype, as `1.5e-3`.",
        |_, args| {
            let x = args[0].as_number().unwrap_or(0.0);
            let dtype = dtype_of(&args[1]).unwrap_or(DType::Float64);
            Ok(Value::str(shortest(x, dtype)))
        },
    ),
];
