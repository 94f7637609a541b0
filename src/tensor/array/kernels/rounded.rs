//! Functions of single precision that are computed in double and rounded once, without branches, so that loops over them
//! become SIMD code. The polynomials interpolate in Chebyshev's points.

use super::math::{ROUND_WIDE, polynomial};

/// The square root of the sum of squares, which neither overflow nor vanish in double.
#[inline(always)]
pub fn hypot(x: f32, y: f32) -> f32 {
    let (wide, high) = (f64::from(x), f64::from(y));
    let length = (wide * wide + high * high).sqrt() as f32;
    let infinite = x.abs() == f32::INFINITY || y.abs() == f32::INFINITY;
    if infinite { f32::INFINITY } else { length }
}

/// The angle of the point (x, y): that of the smaller part over the larger one, turned to its eighth of the circle.
#[inline(always)]
pub fn atan2(y: f32, x: f32) -> f32 {
    use std::f64::consts::{FRAC_PI_2, PI};
    let (high, wide) = (f64::from(y.abs()), f64::from(x.abs()));
    let steep = high > wide;
    let (small, large) = if steep { (wide, high) } else { (high, wide) };
    let ratio = small / large;
    let ratio = if small == large { 1.0 } else { ratio };
    let ratio = if large == 0.0 { 0.0 } else { ratio };
    // With an error of 2^-39 in ratio.
    let series = polynomial(
        ratio * ratio,
        [
            -0.0002666058550987925,
            0.002162828043635403,
            -0.008242022819883591,
            0.019937697232567844,
            -0.03526805434947684,
            0.05045586936116057,
            -0.0636610967334974,
            0.07614257331297936,
            -0.09076800844841298,
            0.11109428718679196,
            -0.1428559243348065,
            0.19999995342779264,
            -0.3333333326254442,
            0.9999999999982006,
        ],
    );
    let angle = ratio * series;
    let angle = if steep { FRAC_PI_2 - angle } else { angle };
    let angle = if x.is_sign_negative() {
        PI - angle
    } else {
        angle
    };
    (angle as f32).copysign(y)
}

/// The natural logarithm of a positive normal number, by the area hyperbolic tangent.
#[inline(always)]
fn ln(x: f64) -> f64 {
    // The mantissa from sqrt(1/2) on.
    let up = x
        .to_bits()
        .wrapping_sub(std::f64::consts::FRAC_1_SQRT_2.to_bits());
    let power = up >> 52;
    let m = f64::from_bits(x.to_bits().wrapping_sub(power << 52));
    let signed = f64::from_bits(
        ROUND_WIDE
            .to_bits()
            .wrapping_add(((up as i64) >> 52) as u64),
    );
    let q = (m - 1.0) / (m + 1.0);
    let tail = polynomial(
        q * q,
        [
            1.0 / 13.0,
            1.0 / 11.0,
            1.0 / 9.0,
            1.0 / 7.0,
            0.2,
            1.0 / 3.0,
            1.0,
        ],
    );
    (signed - ROUND_WIDE).mul_add(std::f64::consts::LN_2, 2.0 * q * tail)
}

/// The inverse of the error function over its argument, in the variables of M. Giles (Approximating the erfinv function, 2010).
#[inline(always)]
pub fn erfinv(y: f32) -> f32 {
    let wide = f64::from(y);
    let rest = (1.0 - wide) * (1.0 + wide);
    let w = -ln(rest);
    let near = polynomial(
        w - 2.5,
        [
            -2.7959093366350467e-13,
            -2.0518354688371942e-11,
            1.2861547912870142e-10,
            8.19834065437317e-10,
            -1.0897166867873506e-08,
            1.378211752777654e-08,
            4.788011563067163e-07,
            -3.417409550136655e-06,
            -4.996157064994529e-06,
            0.00021825108172524458,
            -0.0012527078778721134,
            -0.004177318042594069,
            0.24664027674226313,
            1.5014093511310729,
        ],
    );
    let far = polynomial(
        w.max(5.0).sqrt() - 3.0,
        [
            -6.02705542208279e-06,
            -2.1756806426502557e-05,
            0.0001703661917673035,
            -0.0002903494859480976,
            -0.0001263722802354074,
            0.0014826530451749209,
            -0.0035650210960694022,
            0.005685894184543807,
            -0.007643093193796353,
            0.00944545053794314,
            1.0016752532868296,
            2.8329767996729767,
        ],
    );
    let x = (wide * if w < 5.0 { near } else { far }) as f32;
    let x = if y.abs() == 1.0 {
        f32::INFINITY.copysign(y)
    } else {
        x
    };
    if y.abs() <= 1.0 { x } else { f32::NAN }
}
