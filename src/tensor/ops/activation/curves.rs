//! The activations of one element: their formulas.

use super::curve::{Curve, Order, apply_or_replace};
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::array::{Array, DType, Real, Result};
use crate::tensor::core::Tensor;
use crate::tensor::ops::args::Args;
use crate::tensor::ops::samples::{self, Make, Sample};
use crate::tensor::ops::spec::{
    FUNCTION, FUNCTION_IN_PLACE, FUNCTIONAL, FUNCTIONAL_IN_PLACE, METHOD, Op,
};

fn floats(m: &Make) -> Vec<Sample> {
    if m.dtype.is_floating_point() {
        samples::pointwise(m)
    } else {
        Vec::new()
    }
}

/// 1 / (1 + e^-x)
#[inline(always)]
pub(super) fn logistic<T: Real>(x: T) -> T {
    T::ONE / (T::ONE + (-x).exp_())
}

/// One block an op: names, the node's names (out of place, in place), documentation, and the curve that the arguments
/// choose.
macro_rules! activations {
    ($(
        $STATIC:ident $name:ident $signature:literal $faces:expr, $node:literal $node_in_place:literal
        $doc:literal ($example:literal, $prints:literal) |$a:ident| $curve:expr;
    )*) => {$(
        #[doc = concat!("`torch.nn.functional.", stringify!($name), "`")]
        pub static $STATIC: Op = Op {
            signature: $signature,
            faces: $faces,
            doc: $doc,
            examples: &[($example, $prints)],
            samples: floats,
            call: |$a| {
                let replace = $signature.contains("inplace") && $a.bool("inplace")?;
                let curve = $curve;
                let x = $a.tensor("input")?;
                Ok(apply_or_replace([$node, $node_in_place], x, replace, curve)?.into())
            },
            ..Op::BASE
        };
    )*};
}

const PLAIN: u16 = FUNCTIONAL;
const BOTH: u16 = FUNCTIONAL | FUNCTIONAL_IN_PLACE;
const ALL: u16 = FUNCTION | FUNCTION_IN_PLACE | FUNCTIONAL | FUNCTIONAL_IN_PLACE;

activations! {
    CELU celu "celu(input, alpha=1.0, inplace=False) -> Tensor" ALL, "CeluBackward0" "CeluBackward1"
        "`x` where it is positive, else `alpha * (exp(x / alpha) - 1)`."
        ("F.celu(torch.tensor([-1., 2.]))", "tensor([-0.6321,  2.0000])")
        |a| celu_curve(a)?;
    ELU elu "elu(input, alpha=1.0, inplace=False) -> Tensor" BOTH, "EluBackward0" "EluBackward1"
        "`x` where it is positive, else `alpha * (exp(x) - 1)`."
        ("F.elu(torch.tensor([-1., 2.]))", "tensor([-0.6321,  2.0000])")
        |a| Elu { negative: a.float("alpha")?, positive: 1.0, inner: 1.0 };
    GELU gelu "gelu(input, *, approximate='none', out=None) -> Tensor" PLAIN, "GeluBackward0" "GeluBackward0"
        "`x` times the share of a standard normal distribution below `x`; `approximate='tanh'` is a faster formula."
        ("F.gelu(torch.tensor([-1., 2.]))", "tensor([-0.1587,  1.9545])")
        |a| gelu_curve(a)?;
    HARDSHRINK hardshrink "hardshrink(input, lambd=0.5, *, out=None) -> Tensor" FUNCTION | METHOD | FUNCTIONAL,
        "HardshrinkBackward0" "HardshrinkBackward0"
        "0 between `-lambd` and `lambd`, else `x`."
        ("F.hardshrink(torch.tensor([-1., 0.2]))", "tensor([-1.,  0.])")
        |a| Hardshrink(a.float("lambd")?);
    HARDSIGMOID hardsigmoid "hardsigmoid(input, inplace=False) -> Tensor" PLAIN, "HardsigmoidBackward0" "HardsigmoidBackward0"
        "A sigmoid of three straight lines: 0 up to -3, 1 from 3."
        ("F.hardsigmoid(torch.tensor([-3., 0., 1.5]))", "tensor([0.0000, 0.5000, 0.7500])")
        |_a| Hardsigmoid;
    HARDSWISH hardswish "hardswish(input, inplace=False) -> Tensor" PLAIN, "HardswishBackward0" "HardswishBackward0"
        "`x` times its hardsigmoid."
        ("F.hardswish(torch.tensor([-3., 1., 3.]))", "tensor([-0.0000,  0.6667,  3.0000])")
        |_a| Hardswish;
    HARDTANH hardtanh "hardtanh(input, min_val=-1.0, max_val=1.0, inplace=False) -> Tensor" BOTH,
        "HardtanhBackward0" "HardtanhBackward0"
        "`x`, limited to a range."
        ("F.hardtanh(torch.tensor([-2., 0.5]))", "tensor([-1.0000,  0.5000])")
        |a| hardtanh_curve(a)?;
    LEAKY_RELU leaky_relu "leaky_relu(input, negative_slope=0.01, inplace=False) -> Tensor" BOTH,
        "LeakyReluBackward0" "LeakyReluBackward1"
        "`x` where it is positive, else `negative_slope * x`."
        ("F.leaky_relu(torch.tensor([-1., 2.]))", "tensor([-0.0100,  2.0000])")
        |a| LeakyRelu(a.float("negative_slope")?);
    LOGSIGMOID logsigmoid "logsigmoid(input, *, out=None) -> Tensor" PLAIN, "LogSigmoidBackward0" "LogSigmoidBackward0"
        "The logarithm of the sigmoid, precise for negative numbers."
        ("F.logsigmoid(torch.tensor([0., 2.]))", "tensor([-0.6931, -0.1269])")
        |_a| LogSigmoid;
    MISH mish "mish(input, inplace=False) -> Tensor" PLAIN, "MishBackward0" "MishBackward0"
        "`x * tanh(softplus(x))`"
        ("F.mish(torch.tensor([-1., 2.]))", "tensor([-0.3034,  1.9440])")
        |_a| Mish;
    RELU6 relu6 "relu6(input, inplace=False) -> Tensor" PLAIN, "HardtanhBackward0" "HardtanhBackward0"
        "`x`, limited to the range from 0 to 6."
        ("F.relu6(torch.tensor([-1., 2., 8.]))", "tensor([0., 2., 6.])")
        |_a| Hardtanh(0.0, 6.0);
    SELU selu "selu(input, inplace=False) -> Tensor" ALL, "EluBackward0" "EluBackward1"
        "The self-normalising exponential linear unit."
        ("F.selu(torch.tensor([-1., 2.]))", "tensor([-1.1113,  2.1014])")
        |_a| Elu { negative: SELU_ALPHA * SELU_SCALE, positive: SELU_SCALE, inner: 1.0 };
    SILU silu "silu(input, inplace=False) -> Tensor" PLAIN, "SiluBackward0" "SiluBackward0"
        "`x` times its sigmoid, also called swish."
        ("F.silu(torch.tensor([-1., 2.]))", "tensor([-0.2689,  1.7616])")
        |_a| Silu;
    SOFTPLUS softplus "softplus(input, beta=1.0, threshold=20.0, *, out=None) -> Tensor" PLAIN, "SoftplusBackward0" "SoftplusBackward0"
        "`log(1 + exp(beta * x)) / beta`, and `x` itself where `beta * x` is above the threshold."
        ("F.softplus(torch.tensor([0., 30.]))", "tensor([ 0.6931, 30.0000])")
        |a| Softplus(a.float("beta")?, a.float("threshold")?);
    SOFTSHRINK softshrink "softshrink(input, lambd=0.5, *, out=None) -> Tensor" PLAIN, "SoftshrinkBackward0" "SoftshrinkBackward0"
        "`x` moved towards 0 by `lambd`, and 0 where that crosses 0."
        ("F.softshrink(torch.tensor([-1., 0.2]))", "tensor([-0.5000,  0.0000])")
        |a| softshrink_curve(a)?;
}

/// `torch.nn.functional.threshold`
pub static THRESHOLD: Op = Op {
    signature: "threshold(input, threshold, value, inplace=False) -> Tensor",
    faces: ALL,
    doc: "`x` where it is above the threshold, else `value`.",
    examples: &[(
        "F.threshold(torch.tensor([-1., 2.]), 0, 9)",
        "tensor([9., 2.])",
    )],
    samples: |m| {
        if !m.dtype.is_floating_point() {
            return Vec::new();
        }
        vec![samples::sample([
            m.tensor(&[2, 3]).into(),
            0.1.into(),
            2i64.into(),
        ])]
    },
    call: |a| {
        let (x, replace) = (a.tensor("input")?, a.bool("inplace")?);
        let curve = Threshold(a.float("threshold")?, a.float("value")?);
        Ok(apply_or_replace(["ThresholdBackward0"; 2], x, replace, curve)?.into())
    },
    ..Op::BASE
};

const SELU_ALPHA: f64 = 1.673_263_242_354_377_2;
const SELU_SCALE: f64 = 1.050_700_987_355_480_5;

/// `torch.nn.functional.silu`
pub fn silu(x: &Tensor) -> Result<Tensor> {
    super::curve::apply("SiluBackward0", x, Silu)
}

/// `torch.nn.functional.gelu`
pub fn gelu(x: &Tensor) -> Result<Tensor> {
    super::curve::apply("GeluBackward0", x, Gelu)
}

/// `torch.nn.functional.logsigmoid`
pub fn logsigmoid(x: &Tensor) -> Result<Tensor> {
    super::curve::apply("LogSigmoidBackward0", x, LogSigmoid)
}

#[derive(Clone, Copy)]
struct Elu {
    negative: f64,
    positive: f64,
    inner: f64,
}

impl Curve for Elu {
    const KERNEL: &'static str = "elu_cpu";
    #[inline(always)]
    fn value<T: Real>(&self, x: T) -> T {
        if x < T::ZERO {
            (x * T::lit(self.inner)).exp_m1_() * T::lit(self.negative)
        } else {
            x * T::lit(self.positive)
        }
    }
    #[inline(always)]
    fn slope<T: Real>(&self, x: T) -> T {
        if x <= T::ZERO {
            (x * T::lit(self.inner)).exp_() * T::lit(self.negative * self.inner)
        } else {
            T::lit(self.positive)
        }
    }
    #[inline(always)]
    fn bend<T: Real>(&self, x: T) -> T {
        if x < T::ZERO {
            (x * T::lit(self.inner)).exp_() * T::lit(self.negative * self.inner * self.inner)
        } else {
            T::ZERO
        }
    }
}

fn celu_curve(a: &Args) -> Result<Elu> {
    let alpha = a.float("alpha")?;
    ensure!(
        alpha != 0.0,
        "ZeroDivisionError: alpha cannot be 0 for CELU"
    );
    Ok(Elu {
        negative: alpha,
        positive: 1.0,
        inner: 1.0 / alpha,
    })
}

/// Exact for `approximate='none'`.
#[derive(Clone, Copy)]
struct GeluEither(bool);
#[derive(Clone, Copy)]
struct Gelu;
#[derive(Clone, Copy)]
struct GeluTanh;

fn gelu_curve(a: &Args) -> Result<GeluEither> {
    match a.str("approximate")? {
        "none" => Ok(GeluEither(true)),
        "tanh" => Ok(GeluEither(false)),
        _ => bail!("approximate argument must be either none or tanh."),
    }
}

impl Curve for GeluEither {
    const KERNEL: &'static str = "GeluKernelImpl";
    // Whole arrays choose once.
    fn values<T: Real>(self, x: &Array) -> Result<Array> {
        if self.0 {
            Gelu.values::<T>(x)
        } else {
            GeluTanh.values::<T>(x)
        }
    }
    fn scaled<T: Real>(self, g: &Array, x: &Array, order: Order) -> Result<Array> {
        if self.0 {
            Gelu.scaled::<T>(g, x, order)
        } else {
            GeluTanh.scaled::<T>(g, x, order)
        }
    }
    fn value<T: Real>(&self, x: T) -> T {
        if self.0 {
            Gelu.value(x)
        } else {
            GeluTanh.value(x)
        }
    }
    fn slope<T: Real>(&self, x: T) -> T {
        if self.0 {
            Gelu.slope(x)
        } else {
            GeluTanh.slope(x)
        }
    }
}

/// `erf(x / sqrt(2))`, and `x` times the density of the normal distribution.
#[inline(always)]
fn normal<T: Real>(x: T) -> (T, T) {
    // Rounded at each step, as PyTorch's constant is.
    let scale = T::ONE / T::lit(std::f64::consts::PI).sqrt();
    let x = x * T::lit(std::f64::consts::FRAC_1_SQRT_2);
    let (erf, e) = x.rough_erf();
    (erf, x * scale * e)
}

impl Curve for Gelu {
    const KERNEL: &'static str = "GeluKernelImpl";
    const HEAVY: bool = true;
    #[inline(always)]
    fn value<T: Real>(&self, x: T) -> T {
        let half = x * T::lit(0.5);
        half.mul_add(normal(x).0, half)
    }
    #[inline(always)]
    fn slope<T: Real>(&self, x: T) -> T {
        let (half, (erf, weighted)) = (T::lit(0.5), normal(x));
        half.mul_add(erf, weighted + half)
    }
    #[inline(always)]
    fn bend<T: Real>(&self, x: T) -> T {
        let density =
            T::lit(0.5 * std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::FRAC_1_SQRT_2);
        density * (-(x * x) * T::lit(0.5)).exp_() * (T::lit(2.0) - x * x)
    }
}

const GELU_CUBE: f64 = 0.044_715;

impl GeluTanh {
    /// The argument of the hyperbolic tangent, and its slope.
    #[inline(always)]
    fn inner<T: Real>(x: T) -> (T, T) {
        let k = T::lit((2.0 / std::f64::consts::PI).sqrt());
        let c = T::lit(GELU_CUBE);
        let square = x * x;
        let u = k * c.mul_add(square * x, x);
        (u, k * (T::lit(3.0) * c).mul_add(square, T::ONE))
    }
}

impl Curve for GeluTanh {
    const KERNEL: &'static str = "GeluKernelImpl";
    const HEAVY: bool = true;
    #[inline(always)]
    fn value<T: Real>(&self, x: T) -> T {
        T::lit(0.5) * x * (T::ONE + GeluTanh::inner(x).0.tanh_())
    }
    #[inline(always)]
    fn slope<T: Real>(&self, x: T) -> T {
        let (u, du) = GeluTanh::inner(x);
        let t = u.tanh_();
        let left = T::lit(0.5) * x * (-t).mul_add(t, T::ONE) * du;
        T::lit(0.5) * (T::ONE + t) + left
    }
    #[inline(always)]
    fn bend<T: Real>(&self, x: T) -> T {
        let (u, du) = GeluTanh::inner(x);
        let t = u.tanh_();
        let left = T::ONE - t * t;
        let ddu = T::lit(6.0 * GELU_CUBE * (2.0 / std::f64::consts::PI).sqrt()) * x;
        left * du + T::lit(0.5) * x * left * (ddu - T::lit(2.0) * t * du * du)
    }
}

#[derive(Clone, Copy)]
struct Hardshrink(f64);

impl Curve for Hardshrink {
    const KERNEL: &'static str = "hardshrink_cpu";
    #[inline(always)]
    fn value<T: Real>(&self, x: T) -> T {
        if x >= T::lit(-self.0) && x <= T::lit(self.0) {
            T::ZERO
        } else {
            x
        }
    }
    #[inline(always)]
    fn slope<T: Real>(&self, x: T) -> T {
        if x >= T::lit(-self.0) && x <= T::lit(self.0) {
            T::ZERO
        } else {
            T::ONE
        }
    }
}

#[inline(always)]
fn limited<T: Real>(x: T, low: f64, high: f64) -> T {
    let (low, high) = (T::lit(low), T::lit(high));
    if x < low {
        low
    } else if x > high {
        high
    } else {
        x
    }
}

#[derive(Clone, Copy)]
struct Hardsigmoid;

impl Curve for Hardsigmoid {
    const KERNEL: &'static str = "hardsigmoid_cpu";
    const STRAIGHT: Option<&'static str> = Some("hardsigmoid_backward");
    #[inline(always)]
    fn value<T: Real>(&self, x: T) -> T {
        limited(x + T::lit(3.0), 0.0, 6.0) / T::lit(6.0)
    }
    #[inline(always)]
    fn slope<T: Real>(&self, x: T) -> T {
        if x > T::lit(-3.0) && x < T::lit(3.0) {
            T::lit(1.0 / 6.0)
        } else {
            T::ZERO
        }
    }
}

#[derive(Clone, Copy)]
struct Hardswish;

impl Curve for Hardswish {
    const KERNEL: &'static str = "hardswish_cpu";
    #[inline(always)]
    fn value<T: Real>(&self, x: T) -> T {
        x * limited(x + T::lit(3.0), 0.0, 6.0) / T::lit(6.0)
    }
    #[inline(always)]
    fn slope<T: Real>(&self, x: T) -> T {
        if x <= T::lit(-3.0) {
            T::ZERO
        } else if x < T::lit(3.0) {
            x / T::lit(3.0) + T::lit(0.5)
        } else {
            T::ONE
        }
    }
    #[inline(always)]
    fn bend<T: Real>(&self, x: T) -> T {
        if x > T::lit(-3.0) && x < T::lit(3.0) {
            T::lit(1.0 / 3.0)
        } else {
            T::ZERO
        }
    }
}

#[derive(Clone, Copy)]
struct Hardtanh(f64, f64);

fn hardtanh_curve(a: &Args) -> Result<Hardtanh> {
    let (low, high) = (a.float("min_val")?, a.float("max_val")?);
    ensure!(low <= high, Value, "min_val cannot be greater than max_val");
    Ok(Hardtanh(low, high))
}

impl Curve for Hardtanh {
    const KERNEL: &'static str = "clamp_scalar_cpu";
    const WHOLE: bool = true;
    #[inline(always)]
    fn value<T: Real>(&self, x: T) -> T {
        limited(x, self.0, self.1)
    }
    #[inline(always)]
    fn slope<T: Real>(&self, x: T) -> T {
        if x <= T::lit(self.0) || x >= T::lit(self.1) {
            T::ZERO
        } else {
            T::ONE
        }
    }
}

#[derive(Clone, Copy)]
struct LeakyRelu(f64);

impl Curve for LeakyRelu {
    const KERNEL: &'static str = "leaky_relu_cpu";
    #[inline(always)]
    fn value<T: Real>(&self, x: T) -> T {
        if x > T::ZERO { x } else { x * T::lit(self.0) }
    }
    #[inline(always)]
    fn slope<T: Real>(&self, x: T) -> T {
        if x > T::ZERO { T::ONE } else { T::lit(self.0) }
    }
}

#[derive(Clone, Copy)]
struct LogSigmoid;

impl Curve for LogSigmoid {
    const KERNEL: &'static str = "log_sigmoid_cpu";
    const HEAVY: bool = true;
    #[inline(always)]
    fn value<T: Real>(&self, x: T) -> T {
        x.min(T::ZERO) - (-x.abs()).exp_().ln_1p_()
    }
    #[inline(always)]
    fn slope<T: Real>(&self, x: T) -> T {
        logistic(-x)
    }
    #[inline(always)]
    fn pull<T: Real>(&self, g: T, x: T) -> T {
        let z = (-x.abs()).exp_();
        let part = z / (T::ONE + z);
        (if x < T::ZERO { T::ONE - part } else { part }) * g
    }
    #[inline(always)]
    fn bend<T: Real>(&self, x: T) -> T {
        let s = logistic(x);
        -(s * (T::ONE - s))
    }
}

#[derive(Clone, Copy)]
struct Mish;

impl Mish {
    #[inline(always)]
    fn inner<T: Real>(x: T) -> T {
        x.exp_().ln_1p_().tanh_()
    }
}

impl Curve for Mish {
    const KERNEL: &'static str = "mish_cpu";
    #[inline(always)]
    fn value<T: Real>(&self, x: T) -> T {
        x * Mish::inner(x)
    }
    #[inline(always)]
    fn slope<T: Real>(&self, x: T) -> T {
        let w = Mish::inner(x);
        w + x * logistic(x) * (T::ONE - w * w)
    }
    #[inline(always)]
    fn bend<T: Real>(&self, x: T) -> T {
        let (w, s) = (Mish::inner(x), logistic(x));
        let left = T::ONE - w * w;
        let dw = s * left;
        dw + dw + x * (s * (T::ONE - s) * left - T::lit(2.0) * w * dw * s)
    }
}

#[derive(Clone, Copy)]
struct Silu;

impl Curve for Silu {
    const KERNEL: &'static str = "silu_cpu";
    const HEAVY: bool = true;
    #[inline(always)]
    fn value<T: Real>(&self, x: T) -> T {
        x / (T::ONE + (-x).exp_())
    }
    #[inline(always)]
    fn slope<T: Real>(&self, x: T) -> T {
        let s = logistic(x);
        s * (T::ONE + x * (T::ONE - s))
    }
    #[inline(always)]
    fn pull<T: Real>(&self, g: T, x: T) -> T {
        let s = logistic(x);
        g * s * x.mul_add(T::ONE - s, T::ONE)
    }
    #[inline(always)]
    fn bend<T: Real>(&self, x: T) -> T {
        let s = logistic(x);
        s * (T::ONE - s) * (T::lit(2.0) + x * (T::ONE - T::lit(2.0) * s))
    }
}

#[derive(Clone, Copy)]
struct Softplus(f64, f64);

impl Curve for Softplus {
    const KERNEL: &'static str = "softplus_cpu";
    const HEAVY: bool = true;
    #[inline(always)]
    fn value<T: Real>(&self, x: T) -> T {
        let b = T::lit(self.0);
        if x * b > T::lit(self.1) {
            x
        } else {
            (x * b).exp_().ln_1p_() / b
        }
    }
    #[inline(always)]
    fn slope<T: Real>(&self, x: T) -> T {
        let z = x * T::lit(self.0);
        if z > T::lit(self.1) {
            T::ONE
        } else {
            let e = z.exp_();
            e / (e + T::ONE)
        }
    }
    #[inline(always)]
    fn pull<T: Real>(&self, g: T, x: T) -> T {
        let z = x * T::lit(self.0);
        if z > T::lit(self.1) {
            g
        } else {
            let e = z.exp_();
            g * e / (e + T::ONE)
        }
    }
    #[inline(always)]
    fn bend<T: Real>(&self, x: T) -> T {
        let b = T::lit(self.0);
        if x * b > T::lit(self.1) {
            T::ZERO
        } else {
            let s = logistic(x * b);
            b * s * (T::ONE - s)
        }
    }
}

#[derive(Clone, Copy)]
struct Softshrink(f64);

fn softshrink_curve(a: &Args) -> Result<Softshrink> {
    let lambda = a.float("lambd")?;
    let (name, most) = match a.tensor("input")?.dtype() {
        DType::Float64 => ("Double", "1.79769e+308"),
        dtype => (dtype.scalar_name(), "3.40282e+38"),
    };
    ensure!(
        lambda >= 0.0,
        "lambda must be in range [0, {most}] for input dtype {name}, but found {lambda}"
    );
    Ok(Softshrink(lambda))
}

impl Curve for Softshrink {
    const KERNEL: &'static str = "softshrink_check";
    #[inline(always)]
    fn value<T: Real>(&self, x: T) -> T {
        let l = T::lit(self.0);
        if x > l {
            x - l
        } else if x < -l {
            x + l
        } else {
            x * T::ZERO
        }
    }
    #[inline(always)]
    fn slope<T: Real>(&self, x: T) -> T {
        Hardshrink(self.0).slope(x)
    }
}

#[derive(Clone, Copy)]
struct Threshold(f64, f64);

impl Curve for Threshold {
    const KERNEL: &'static str = "threshold_cpu";
    const WHOLE: bool = true;
    #[inline(always)]
    fn value<T: Real>(&self, x: T) -> T {
        if x <= T::lit(self.0) {
            T::lit(self.1)
        } else {
            x
        }
    }
    #[inline(always)]
    fn slope<T: Real>(&self, x: T) -> T {
        if x <= T::lit(self.0) { T::ZERO } else { T::ONE }
    }
}
