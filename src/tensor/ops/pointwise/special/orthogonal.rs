//! Orthogonal polynomials, by their recurrences; Chebyshev's of high degree by their trigonometric forms.
//! The borders are those of `ATen/native/Math.h`. No gradient flows through them.

use super::pairs_by_f64;
use crate::tensor::array::{Element, Result};
use crate::tensor::core::{Operand, Tensor};
use crate::tensor::ops::pointwise::float_result_type;
use crate::tensor::ops::samples::{Make, Sample, sample};
use crate::tensor::ops::spec::{Op, SPECIAL};

/// The polynomial of degree `n` from those of degrees 0 and 1 and the step from two neighbours to the next:
/// `step(k, p, q)` is of degree `k + 1` if `q` is of degree `k` and `p` of degree `k - 1`.
fn recurrence(n: i64, zeroth: f64, first: f64, step: impl Fn(f64, f64, f64) -> f64) -> f64 {
    if n == 0 {
        return zeroth;
    }
    let (mut p, mut q) = (zeroth, first);
    for k in 1..n {
        (p, q) = (q, step(k as f64, p, q));
        if q.is_nan() {
            break;
        }
    }
    q
}

/// 1 for even, -1 for odd degrees.
fn alternating(n: i64) -> f64 {
    if n % 2 == 0 { 1.0 } else { -1.0 }
}

/// Which of Chebyshev's four families.
#[derive(Clone, Copy, PartialEq)]
enum Chebyshev {
    T,
    U,
    V,
    W,
}

fn chebyshev(family: Chebyshev, x: f64, degree: f64) -> f64 {
    let n = i64::from_f64(degree);
    if n < 0 {
        return 0.0;
    }
    let count = n as f64;
    if x.abs() == 1.0 {
        let size = match (family, x > 0.0) {
            (Chebyshev::T, _) | (Chebyshev::V, true) | (Chebyshev::W, false) => 1.0,
            (Chebyshev::U, _) => count + 1.0,
            (Chebyshev::V, false) | (Chebyshev::W, true) => 2.0 * count + 1.0,
        };
        return if x > 0.0 { size } else { size * alternating(n) };
    }
    if n > 8 && x.abs() < 1.0 {
        let angle = x.acos();
        return match family {
            Chebyshev::T => (count * angle).cos(),
            Chebyshev::U => ((count + 1.0) * angle).sin() / angle.sin(),
            Chebyshev::V => ((count + 0.5) * angle).cos() / (angle / 2.0).cos(),
            Chebyshev::W => ((count + 0.5) * angle).sin() / (angle / 2.0).sin(),
        };
    }
    let first = match family {
        Chebyshev::T => x,
        Chebyshev::U => x + x,
        Chebyshev::V => x + x - 1.0,
        Chebyshev::W => x + x + 1.0,
    };
    recurrence(n, 1.0, first, |_, p, q| (x + x) * q - p)
}

/// Hermite's polynomials; `twice` is 2 for the physicists', 1 for the probabilists'.
fn hermite(x: f64, degree: f64, twice: f64) -> f64 {
    let n = i64::from_f64(degree);
    match n {
        ..0 => 0.0,
        513.. => f64::NAN,
        _ => recurrence(n, 1.0, twice * x, |k, p, q| twice * (x * q - k * p)),
    }
}

fn laguerre(x: f64, degree: f64) -> f64 {
    let n = i64::from_f64(degree);
    if n < 0 {
        return 0.0;
    }
    if x == 0.0 {
        return 1.0;
    }
    recurrence(n, 1.0, 1.0 - x, |k, p, q| {
        ((k + k + 1.0 - x) * q - k * p) / (k + 1.0)
    })
}

fn legendre(x: f64, degree: f64) -> f64 {
    let n = i64::from_f64(degree);
    if n < 0 {
        return 0.0;
    }
    if x.abs() == 1.0 {
        return if x > 0.0 { 1.0 } else { alternating(n) };
    }
    recurrence(n, 1.0, x, |k, p, q| {
        ((k + k + 1.0) * x * q - k * p) / (k + 1.0)
    })
}

fn degrees(m: &Make) -> Vec<Sample> {
    let degrees = || m.positive(&[3]);
    vec![
        sample([m.tensor(&[2, 3]).into(), degrees().into()]).rough(),
        sample([m.tensor(&[2, 3]).into(), 3i64.into()]).rough(),
    ]
}

fn polynomial(name: &str, x: Operand, n: Operand, f: fn(f64, f64) -> f64) -> Result<Tensor> {
    let dtype = float_result_type(&x, &n);
    Ok(Tensor::from_array(pairs_by_f64(name, dtype, &x, &n, f)?))
}

macro_rules! polynomials {
    ($( $STATIC:ident $name:literal $doc:literal $prints:literal $f:expr; )*) => {$(
        #[doc = concat!("`torch.special.", $name, "`")]
        pub static $STATIC: Op = Op {
            signature: concat!($name, "(input, n, *, out=None) -> Tensor"),
            faces: SPECIAL,
            doc: $doc,
            examples: &[(concat!("torch.special.", $name, "(torch.tensor([0.5, 2.]), 3)"), $prints)],
            samples: degrees,
            call: |a| {
                let (x, n) = a.operands("input", "n")?;
                Ok(polynomial(concat!($name, "_cpu"), x, n, $f)?.into())
            },
            ..Op::BASE
        };
    )*};
}

polynomials! {
    CHEBYSHEV_POLYNOMIAL_T "chebyshev_polynomial_t" "Chebyshev's polynomial of the first kind of degree `n`."
        "tensor([-1., 26.])" |x, n| chebyshev(Chebyshev::T, x, n);
    CHEBYSHEV_POLYNOMIAL_U "chebyshev_polynomial_u" "Chebyshev's polynomial of the second kind of degree `n`."
        "tensor([-1., 56.])" |x, n| chebyshev(Chebyshev::U, x, n);
    CHEBYSHEV_POLYNOMIAL_V "chebyshev_polynomial_v" "Chebyshev's polynomial of the third kind of degree `n`."
        "tensor([-1., 41.])" |x, n| chebyshev(Chebyshev::V, x, n);
    CHEBYSHEV_POLYNOMIAL_W "chebyshev_polynomial_w" "Chebyshev's polynomial of the fourth kind of degree `n`."
        "tensor([-1., 71.])" |x, n| chebyshev(Chebyshev::W, x, n);
    HERMITE_POLYNOMIAL_H "hermite_polynomial_h" "Hermite's polynomial (of physics) of degree `n`."
        "tensor([-5., 40.])" |x, n| hermite(x, n, 2.0);
    HERMITE_POLYNOMIAL_HE "hermite_polynomial_he" "Hermite's polynomial (of probability) of degree `n`."
        "tensor([-1.3750,  2.0000])" |x, n| hermite(x, n, 1.0);
    LAGUERRE_POLYNOMIAL_L "laguerre_polynomial_l" "Laguerre's polynomial of degree `n`." "tensor([-0.1458, -0.3333])" laguerre;
    LEGENDRE_POLYNOMIAL_P "legendre_polynomial_p" "Legendre's polynomial of degree `n`." "tensor([-0.4375, 17.0000])" legendre;
    SHIFTED_CHEBYSHEV_POLYNOMIAL_T "shifted_chebyshev_polynomial_t"
        "[`chebyshev_polynomial_t`] of `2 * x - 1`." "tensor([-0., 99.])" |x, n| chebyshev(Chebyshev::T, 2.0 * x - 1.0, n);
    SHIFTED_CHEBYSHEV_POLYNOMIAL_U "shifted_chebyshev_polynomial_u"
        "[`chebyshev_polynomial_u`] of `2 * x - 1`." "tensor([ -0., 204.])" |x, n| chebyshev(Chebyshev::U, 2.0 * x - 1.0, n);
    SHIFTED_CHEBYSHEV_POLYNOMIAL_V "shifted_chebyshev_polynomial_v"
        "[`chebyshev_polynomial_v`] of `2 * x - 1`." "tensor([  1., 169.])" |x, n| chebyshev(Chebyshev::V, 2.0 * x - 1.0, n);
    SHIFTED_CHEBYSHEV_POLYNOMIAL_W "shifted_chebyshev_polynomial_w"
        "[`chebyshev_polynomial_w`] of `2 * x - 1`." "tensor([ -1., 239.])" |x, n| chebyshev(Chebyshev::W, 2.0 * x - 1.0, n);
}
