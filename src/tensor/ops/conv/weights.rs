//! The gradient of the weights in the order of oneDNN: for each weight one sum over all positions of all images.

use super::geometry::Geometry;
use super::kernel::unroll;
use crate::tensor::array::kernels::vectorize;
use crate::tensor::array::threads;

/// Output channels side by side, and rows of the unrolled image at a time.
const LANES: usize = 8;
const ROWS: usize = 8;
/// Multiply-adds from which another order is faster.
const MOST: usize = 1 << 26;

/// Whether the sums are few enough to be made in order.
pub(super) fn in_order(g: &Geometry) -> bool {
    (1..=MOST).contains(&g.work()) && g.groups == 1
}

/// The weights' gradient from the output's gradient and the input, image after image.
pub(super) fn to_weight(grad: &[f32], x: &[f32], g: &Geometry) -> Vec<f32> {
    let (co, k, s) = (g.channels_out, g.channels_in * g.taps(), g.output_plane());
    let width = co.next_multiple_of(LANES);
    let (mut sums, mut cols) = (vec![0f32; k * width], vec![0f32; k * s]);
    let mut turned = vec![0f32; s * width];
    for n in 0..g.batch {
        let grad = &grad[n * co * s..(n + 1) * co * s];
        for (o, plane) in grad.chunks_exact(s.max(1)).enumerate() {
            let to = turned[o..].iter_mut().step_by(width);
            to.zip(plane).for_each(|(t, v)| *t = *v);
        }
        let image = g.channels_in * g.input_plane();
        unroll(&x[n * image..(n + 1) * image], &mut cols, g);
        threads::fill_rows(&mut sums, width, k * s * co / 4, &|first, part| {
            vectorize(
                #[inline(always)]
                || {
                    for (i, sums) in part.chunks_mut(ROWS * width).enumerate() {
                        let at = (first + i * ROWS) * s;
                        let cols = &cols[at..at + sums.len() / width * s];
                        for o in (0..width).step_by(LANES) {
                            match sums.len() / width {
                                ROWS => block::<ROWS>(&mut sums[o..], width, cols, &turned[o..]),
                                n => (0..n).for_each(|r| {
                                    let row = &cols[r * s..(r + 1) * s];
                                    block::<1>(&mut sums[r * width + o..], width, row, &turned[o..])
                                }),
                            }
                        }
                    }
                },
            );
        });
    }
    (0..co * k).map(|i| sums[i % k * width + i / k]).collect()
}

/// Adds `N` rows of the unrolled image, times some channels of the gradient, position after position.
#[inline(always)]
fn block<const N: usize>(sums: &mut [f32], width: usize, cols: &[f32], turned: &[f32]) {
    let s = cols.len() / N;
    let mut lanes: [[f32; LANES]; N] = std::array::from_fn(|r| {
        let row = &sums[r * width..r * width + LANES];
        std::array::from_fn(|l| row[l])
    });
    let rows: [&[f32]; N] = std::array::from_fn(|r| &cols[r * s..(r + 1) * s]);
    for (p, grads) in turned.chunks(width).enumerate() {
        let grads = &grads[..LANES];
        for (lanes, row) in lanes.iter_mut().zip(&rows) {
            for (l, g) in lanes.iter_mut().zip(grads) {
                *l = row[p].mul_add(*g, *l);
            }
        }
    }
    for (r, lanes) in lanes.iter().enumerate() {
        sums[r * width..r * width + LANES].copy_from_slice(lanes);
    }
}
