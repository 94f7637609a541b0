//! `repr(tensor)`, after `torch/_tensor_str.py`.

use std::cell::Cell;
use std::fmt::Write;

use super::mode::default_dtype;
use super::tensor::Tensor;
use crate::tensor::array::layout::{Layout, show};
use crate::tensor::array::{Array, DType, Element, Scalar};

/// `torch.set_printoptions`.
#[derive(Clone, Copy, Debug)]
pub struct PrintOptions {
    /// Digits after the point.
    pub precision: usize,
    /// Elements from which a tensor is summarised.
    pub threshold: f64,
    /// Elements shown at each end of a summarised dimension.
    pub edgeitems: usize,
    /// Characters a line.
    pub linewidth: usize,
    /// Scientific notation: always, never, or as the numbers need it.
    pub sci_mode: Option<bool>,
}

const DEFAULT: PrintOptions = PrintOptions {
    precision: 4,
    threshold: 1000.0,
    edgeitems: 3,
    linewidth: 80,
    sci_mode: None,
};

thread_local! {
    static OPTIONS: Cell<PrintOptions> = const { Cell::new(DEFAULT) };
}

/// The options in force.
pub fn print_options() -> PrintOptions {
    OPTIONS.get()
}

/// Sets the options.
pub fn set_print_options(options: PrintOptions) {
    OPTIONS.set(options);
}

/// A profile of `set_printoptions(profile=...)`: `default`, `short` or `full`.
pub fn profile(name: &str) -> Option<PrintOptions> {
    match name {
        "default" => Some(DEFAULT),
        "short" => Some(PrintOptions {
            precision: 2,
            edgeitems: 2,
            ..DEFAULT
        }),
        "full" => Some(PrintOptions {
            threshold: f64::INFINITY,
            ..DEFAULT
        }),
        _ => None,
    }
}

/// A float in Python's `'{:.{p}e}'` notation.
pub fn exponent(x: f64, precision: usize) -> String {
    if !x.is_finite() {
        return fixed(x, precision);
    }
    let text = format!("{x:.precision$e}");
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, digits) = power.strip_prefix('-').map_or(('+', power), |d| ('-', d));
    format!("{mantissa}e{sign}{digits:0>2}")
}

/// A float in Python's `'{:.{p}f}'` notation.
pub fn fixed(x: f64, precision: usize) -> String {
    if x.is_nan() {
        "nan".into()
    } else if x.is_infinite() {
        if x < 0.0 { "-inf".into() } else { "inf".into() }
    } else {
        format!("{x:.precision$}")
    }
}

struct Formatter {
    floating: bool,
    integers: bool,
    scientific: bool,
    width: usize,
    options: PrintOptions,
}

impl Formatter {
    fn new(dtype: DType, shown: &[Scalar], options: PrintOptions) -> Formatter {
        let floating = dtype.is_floating_point();
        let mut f = Formatter {
            floating,
            integers: true,
            scientific: false,
            width: 1,
            options,
        };
        if !floating {
            f.width = shown
                .iter()
                .map(|s| plain(*s).len())
                .max()
                .unwrap_or(1)
                .max(1);
            return f;
        }
        let finite = |x: &f64| x.is_finite() && *x != 0.0;
        let values: Vec<f64> = shown.iter().map(|s| s.to_f64()).filter(finite).collect();
        if values.is_empty() {
            return f;
        }
        let largest = values.iter().fold(0.0f64, |m, x| m.max(x.abs()));
        let smallest = values.iter().fold(f64::INFINITY, |m, x| m.min(x.abs()));
        f.integers = values.iter().all(|x| *x == x.ceil());
        f.scientific = options
            .sci_mode
            .unwrap_or(largest / smallest > 1000.0 || largest > 1.0e8 || smallest < 1.0e-4);
        let length = |x: &f64| match (f.scientific, f.integers) {
            (true, _) => exponent(*x, options.precision).len(),
            (false, true) => fixed(*x, 0).len() + 1,
            (false, false) => fixed(*x, options.precision).len(),
        };
        f.width = values.iter().map(length).max().unwrap_or(1).max(1);
        f
    }

    fn format(&self, value: Scalar) -> String {
        let text = if !self.floating {
            plain(value)
        } else {
            let x = value.to_f64();
            match (self.scientific, self.integers) {
                (true, _) => exponent(x, self.options.precision),
                (false, true) if x.is_finite() => format!("{}.", fixed(x, 0)),
                (false, true) => fixed(x, 0),
                (false, false) => fixed(x, self.options.precision),
            }
        };
        format!("{text:>width$}", width = self.width)
    }
}

fn plain(s: Scalar) -> String {
    match s {
        Scalar::Bool(true) => "True".into(),
        Scalar::Bool(false) => "False".into(),
        Scalar::Int(i) => i.to_string(),
        Scalar::UInt(i) => i.to_string(),
        Scalar::Float(x) | Scalar::Complex(x, _) => x.to_string(),
    }
}

/// How elements are written: real ones, or the two parts of complex ones.
struct Elements {
    real: Formatter,
    imaginary: Option<Formatter>,
}

impl Elements {
    fn new(dtype: DType, shown: &[Scalar], options: PrintOptions) -> Elements {
        if !dtype.is_complex() {
            return Elements {
                real: Formatter::new(dtype, shown, options),
                imaginary: None,
            };
        }
        let part = |f: fn(Scalar) -> f64| {
            let values: Vec<Scalar> = shown.iter().map(|s| Scalar::Float(f(*s))).collect();
            Formatter::new(dtype.to_real(), &values, options)
        };
        Elements {
            real: part(Scalar::to_f64),
            imaginary: Some(part(Scalar::imaginary)),
        }
    }

    /// The width of an element, with the sign and the `j` of an imaginary part.
    fn width(&self) -> usize {
        self.real.width + self.imaginary.as_ref().map_or(0, |f| f.width + 1)
    }

    fn format(&self, value: Scalar) -> String {
        let Some(imaginary) = &self.imaginary else {
            return self.real.format(value);
        };
        let re = self.real.format(Scalar::Float(value.to_f64()));
        let im = imaginary.format(Scalar::Float(value.imaginary()));
        let im = im.trim_start();
        let sign = if im.starts_with('-') { "" } else { "+" };
        format!("{re}{sign}{im}j")
    }
}

struct Values<'a> {
    array: &'a Array,
    summarize: bool,
    options: PrintOptions,
}

impl Values<'_> {
    fn get(&self, at: usize) -> Scalar {
        dispatch!(self.array.dtype(), T => self.array.read::<T>()[at].to_scalar())
    }

    /// The indices of a dimension that are shown; `None` marks the gap.
    fn shown(&self, size: usize) -> Vec<Option<usize>> {
        let edge = self.options.edgeitems;
        if self.summarize && size > 2 * edge {
            (0..edge)
                .map(Some)
                .chain([None])
                .chain((size - edge..size).map(Some))
                .collect()
        } else {
            (0..size).map(Some).collect()
        }
    }

    fn collect(&self, layout: &Layout, dim: usize, at: usize, out: &mut Vec<Scalar>) {
        if dim == layout.ndim() {
            return out.push(self.get(at));
        }
        for i in self.shown(layout.shape[dim]).into_iter().flatten() {
            self.collect(layout, dim + 1, at + i * layout.strides[dim], out);
        }
    }

    fn write(
        &self,
        layout: &Layout,
        dim: usize,
        at: usize,
        indent: usize,
        f: &Elements,
        out: &mut String,
    ) {
        let left = layout.ndim() - dim;
        if left == 0 {
            out.push_str(&f.format(self.get(at)));
            return;
        }
        let (size, stride) = (layout.shape[dim], layout.strides[dim]);
        let shown = self.shown(size);
        out.push('[');
        if left == 1 {
            let per_line = (self.options.linewidth.saturating_sub(indent) / (f.width() + 2)).max(1);
            for (i, index) in shown.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                    if i % per_line == 0 {
                        let _ = write!(out, "\n{:indent$} ", "");
                    } else {
                        out.push(' ');
                    }
                }
                match index {
                    Some(i) => out.push_str(&f.format(self.get(at + i * stride))),
                    None => out.push_str(" ..."),
                }
            }
        } else {
            for (i, index) in shown.iter().enumerate() {
                if i > 0 {
                    let _ = write!(out, ",{}{:indent$} ", "\n".repeat(left - 1), "");
                }
                match index {
                    Some(i) => self.write(layout, dim + 1, at + i * stride, indent + 1, f, out),
                    None => out.push_str("..."),
                }
            }
        }
        out.push(']');
    }
}

/// The numbers of an array, as they stand between `tensor(` and the suffixes.
pub fn array_to_string(array: &Array, indent: usize) -> String {
    if array.numel() == 0 {
        return "[]".into();
    }
    let options = print_options();
    let values = Values {
        array,
        summarize: array.numel() as f64 > options.threshold,
        options,
    };
    let mut shown = Vec::new();
    values.collect(array.layout(), 0, array.layout().offset, &mut shown);
    let formatter = Elements::new(array.dtype(), &shown, options);
    let mut out = String::new();
    values.write(
        array.layout(),
        0,
        array.layout().offset,
        indent,
        &formatter,
        &mut out,
    );
    out
}

/// `repr(x)`
pub fn to_string(x: &Tensor) -> String {
    let array = x.array();
    let prefix = "tensor(";
    let indent = prefix.len();
    let mut out = format!("{prefix}{}", array_to_string(&array, indent));
    let mut suffixes = Vec::new();
    let dtype = array.dtype();
    let tuple = |shape: &[usize]| match shape {
        [n] => format!("({n},)"),
        _ => show(shape).replace('[', "(").replace(']', ")"),
    };
    if array.numel() == 0 {
        if array.ndim() != 1 {
            suffixes.push(format!("size={}", tuple(array.shape())));
        }
        if dtype != default_dtype() {
            suffixes.push(format!("dtype=torch.{}", dtype.name()));
        }
    } else if ![
        default_dtype(),
        default_dtype().to_complex(),
        DType::Int64,
        DType::Bool,
    ]
    .contains(&dtype)
    {
        suffixes.push(format!("dtype=torch.{}", dtype.name()));
    }
    drop(array);
    if let Some(node) = x.grad_fn() {
        suffixes.push(format!("grad_fn=<{}>", node.name()));
    } else if x.requires_grad() {
        suffixes.push("requires_grad=True".into());
    }
    let linewidth = print_options().linewidth;
    // As in `_add_suffixes`, where a text without line break counts one more.
    let mut last = out.rfind('\n').map_or(out.len() + 2, |i| out.len() - i + 1);
    for suffix in suffixes {
        if last + suffix.len() + 2 > linewidth {
            let _ = write!(out, ",\n{:indent$}{suffix}", "");
            last = indent + suffix.len();
        } else {
            let _ = write!(out, ", {suffix}");
            last += suffix.len() + 2;
        }
    }
    out.push(')');
    if x.is_parameter() {
        format!("Parameter containing:\n{out}")
    } else {
        out
    }
}
