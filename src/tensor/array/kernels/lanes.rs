//! Sums in the order of PyTorch's `vec::reduce_all`.

use crate::tensor::array::Real;

/// Adds halves to each other until one lane is left.
#[inline(always)]
pub fn halve<T: Real, const W: usize>(mut lanes: [T; W]) -> T {
    let mut half = W / 2;
    while half > 0 {
        for i in 0..half {
            lanes[i] = lanes[i] + lanes[i + half];
        }
        half /= 2;
    }
    lanes[0]
}

/// The sum of what `f` gives for each place below `n`, with PyTorch's `reduce_all` over vectors of `W` elements: lanes, to
/// the first of which `last` adds what is left over. Fewer than a vector are added one after the other.
#[inline(always)]
pub fn reduce<T: Real, const W: usize>(
    n: usize,
    mut f: impl FnMut(usize) -> T,
    mut last: impl FnMut(T, usize) -> T,
) -> T {
    if n < W {
        return (0..n).fold(T::ZERO, |s, i| s + f(i));
    }
    let mut lanes = [T::ZERO; W];
    for at in (0..n / W * W).step_by(W) {
        for (i, l) in lanes.iter_mut().enumerate() {
            *l = *l + f(at + i);
        }
    }
    for (i, l) in lanes.iter_mut().take(n % W).enumerate() {
        *l = last(*l, n / W * W + i);
    }
    halve(lanes)
}
