//! `torch.finfo` and `torch.iinfo`: the limits of number types.

use crate::bridge::define::{class_of, def, getter};
use crate::lang::object::native::{ClassSpec, GetSetSpec};
use crate::lang::object::{
    Args, Caller, Class, HeapType, Kind, NativeSpec, Ref, Result, Value, type_error,
};
use crate::tensor::array::DType;
use crate::tensor::core::default_dtype;

/// The limits of a floating point type.
pub(in crate::bridge) struct FloatLimits(DType);

/// The limits of an integer type.
pub(in crate::bridge) struct IntLimits(DType);

impl HeapType for FloatLimits {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        finfo_class()
    }
}

impl HeapType for IntLimits {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        iinfo_class()
    }
}

class_of! {
    /// `torch.finfo`
    finfo_class FINFO;
    /// `torch.iinfo`
    iinfo_class IINFO;
}

static FINFO: ClassSpec = ClassSpec {
    name: "finfo",
    module: "torch",
    doc: "The limits of a floating point type.",
    methods: FLOAT_METHODS,
    attributes: FLOAT_ATTRIBUTES,
    make: Some(make_finfo),
    solid: true,
    ..ClassSpec::EMPTY
};

static IINFO: ClassSpec = ClassSpec {
    name: "iinfo",
    module: "torch",
    doc: "The limits of an integer type.",
    methods: INT_METHODS,
    attributes: INT_ATTRIBUTES,
    make: Some(make_iinfo),
    solid: true,
    ..ClassSpec::EMPTY
};

fn asked(args: Args) -> Result<Option<DType>> {
    match args.positional.first().or_else(|| args.keyword("type")) {
        None => Ok(None),
        Some(value) => match crate::bridge::convert::dtype_of(value) {
            Some(dtype) => Ok(Some(dtype)),
            None => Err(type_error(format!(
                "argument 'type' must be torch.dtype, not {}",
                value.class_name()
            ))),
        },
    }
}

fn make_finfo(_: &mut dyn Caller, _: &Ref<Class>, args: Args) -> Result<Value> {
    let dtype = asked(args)?.unwrap_or_else(default_dtype);
    if !dtype.is_floating_point() {
        return Err(type_error(
            "torch.finfo() requires a floating point input type. Use torch.iinfo to handle 'torch.finfo'",
        ));
    }
    Ok(Value::from(Ref::new(FloatLimits(dtype))))
}

fn make_iinfo(_: &mut dyn Caller, _: &Ref<Class>, args: Args) -> Result<Value> {
    match asked(args)? {
        Some(dtype) if dtype.is_floating_point() || dtype == DType::Bool => Err(type_error(
            "torch.iinfo() requires an integer input type. Use torch.finfo to handle 'torch.iinfo'",
        )),
        Some(dtype) => Ok(Value::from(Ref::new(IntLimits(dtype)))),
        None => Err(type_error(
            "iinfo() missing 1 required positional arguments: \"type\"",
        )),
    }
}

struct Floats {
    bits: i64,
    eps: f64,
    max: f64,
    tiny: f64,
    resolution: f64,
}

fn floats(this: &Value) -> Floats {
    let dtype = this.exact::<FloatLimits>().map_or(DType::Float32, |f| f.0);
    match dtype.name() {
        "float64" => Floats {
            bits: 64,
            eps: f64::EPSILON,
            max: f64::MAX,
            tiny: f64::MIN_POSITIVE,
            resolution: 1e-15,
        },
        "float16" => Floats {
            bits: 16,
            eps: 0.000_976_562_5,
            max: 65504.0,
            tiny: 6.103_515_625e-05,
            resolution: 0.001,
        },
        "bfloat16" => Floats {
            bits: 16,
            eps: 0.007_812_5,
            max: 3.389_531_389_251_535_5e38,
            tiny: f64::from(f32::MIN_POSITIVE),
            resolution: 0.01,
        },
        _ => Floats {
            bits: 32,
            eps: f64::from(f32::EPSILON),
            max: f64::from(f32::MAX),
            tiny: f64::from(f32::MIN_POSITIVE),
            resolution: 1e-6,
        },
    }
}

fn integers(this: &Value) -> (DType, i64, usize) {
    let dtype = this.exact::<IntLimits>().map_or(DType::Int64, |f| f.0);
    let bits = 8 * dtype.size() as u32;
    if dtype.is_signed() {
        (dtype, i64::MIN >> (64 - bits), usize::MAX >> (65 - bits))
    } else {
        (dtype, 0, usize::MAX >> (64 - bits))
    }
}

/// A number as C++ streams write it: six significant digits.
fn short(x: f64) -> String {
    if x == 0.0 {
        return "0".into();
    }
    let exponent = format!("{x:.5e}");
    let (digits, power) = exponent.split_once('e').unwrap_or((&exponent, "0"));
    let power: i32 = power.parse().unwrap_or(0);
    if (-4..6).contains(&power) {
        let decimals = usize::try_from(5 - power).unwrap_or(0);
        let text = format!("{x:.decimals$}");
        return if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_string()
        } else {
            text
        };
    }
    let digits = digits.trim_end_matches('0').trim_end_matches('.');
    let sign = if power < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", power.abs())
}

static FLOAT_METHODS: &[NativeSpec] = &[def("__repr__(self, /)", "Its text.", |_, args| {
    let f = floats(&args[0]);
    let name = args[0]
        .exact::<FloatLimits>()
        .map_or("float32", |f| f.0.name());
    Ok(Value::str(format!(
        "finfo(resolution={}, min={}, max={}, eps={}, smallest_normal={}, tiny={}, dtype={name})",
        short(f.resolution),
        short(-f.max),
        short(f.max),
        short(f.eps),
        short(f.tiny),
        short(f.tiny)
    )))
})];

static FLOAT_ATTRIBUTES: &[GetSetSpec] = &[
    getter("bits", "The number of bits.", |_, this| {
        Ok(Value::Int(floats(this).bits))
    }),
    getter(
        "eps",
        "The distance from 1 to the next number.",
        |_, this| Ok(Value::Float(floats(this).eps)),
    ),
    getter("max", "The largest number.", |_, this| {
        Ok(Value::Float(floats(this).max))
    }),
    getter("min", "The smallest number.", |_, this| {
        Ok(Value::Float(-floats(this).max))
    }),
    getter("tiny", "The smallest positive normal number.", |_, this| {
        Ok(Value::Float(floats(this).tiny))
    }),
    getter(
        "smallest_normal",
        "The smallest positive normal number.",
        |_, this| Ok(Value::Float(floats(this).tiny)),
    ),
    getter("resolution", "The decimal resolution.", |_, this| {
        Ok(Value::Float(floats(this).resolution))
    }),
    getter("dtype", "The type's name.", |_, this| {
        Ok(Value::str(
            this.exact::<FloatLimits>()
                .map_or("float32", |f| f.0.name()),
        ))
    }),
];

static INT_METHODS: &[NativeSpec] = &[def("__repr__(self, /)", "Its text.", |_, args| {
    let (dtype, low, high) = integers(&args[0]);
    Ok(Value::str(format!(
        "iinfo(min={}, max={}, dtype={})",
        short(low as f64),
        short(high as f64),
        dtype.name()
    )))
})];

static INT_ATTRIBUTES: &[GetSetSpec] = &[
    getter("bits", "The number of bits.", |_, this| {
        Ok(Value::from(integers(this).0.size() * 8))
    }),
    getter("max", "The largest number.", |_, this| {
        Ok(Value::from(integers(this).2))
    }),
    getter("min", "The smallest number.", |_, this| {
        Ok(Value::Int(integers(this).1))
    }),
    getter("dtype", "The type's name.", |_, this| {
        Ok(Value::str(integers(this).0.name()))
    }),
];
