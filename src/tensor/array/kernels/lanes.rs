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

/// Terms that are computed before they are added up: a multiple of all vectors.
const BLOCK: usize = 64;

/// The sum of what `f` gives for the elements at each place of slices that are equally long, with PyTorch's `reduce_all`
/// over vectors of `W` elements: lanes, to the first of which `last` adds what is left over. Fewer than a vector are added
/// one after the other.
///
/// Terms go through a block, as compilers make vectors of a long loop only.
#[inline(always)]
pub fn reduce<T: Real, const W: usize, const N: usize>(
    slices: [&[T]; N],
    f: impl Fn([T; N]) -> T,
    last: impl Fn(T, [T; N]) -> T,
) -> T {
    let n = slices[0].len();
    let at = |i: usize| slices.map(|x| x[i]);
    if n < W {
        return (0..n).fold(T::ZERO, |s, i| s + f(at(i)));
    }
    let mut lanes = [T::ZERO; W];
    let (blocks, vectors) = (n / BLOCK * BLOCK, n / W * W);
    let mut terms = [T::ZERO; BLOCK];
    for start in (0..blocks).step_by(BLOCK) {
        let block = slices.map(|x| &x[start..start + BLOCK]);
        for (i, term) in terms.iter_mut().enumerate() {
            *term = f(block.map(|x| x[i]));
        }
        for vector in terms.chunks_exact(W) {
            lanes.iter_mut().zip(vector).for_each(|(l, v)| *l = *l + *v);
        }
    }
    for i in blocks..vectors {
        lanes[i % W] = lanes[i % W] + f(at(i));
    }
    for i in vectors..n {
        lanes[i - vectors] = last(lanes[i - vectors], at(i));
    }
    halve(lanes)
}
