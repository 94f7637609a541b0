//! The gradient of the weights in the order of oneDNN: for each weight one sum over all positions, mostly of all images.

use super::geometry::Geometry;
use super::kernel::unroll;
use crate::tensor::array::kernels::copy::copy_out;
use crate::tensor::array::kernels::has_wide_vectors;
use crate::tensor::array::kernels::tile::{SLACK, gathered, rows_at_once};
use crate::tensor::array::layout::Layout;
use crate::tensor::array::{Dims, threads};

/// Multiply-adds from which another order is faster.
const MOST: usize = 1 << 26;
/// Elements of the unrolled images that are held at most.
const HELD: usize = 1 << 22;

/// Whether the sums are few enough to be made in order.
pub(super) fn in_order(g: &Geometry) -> bool {
    let unrolled = g.batch * g.channels_in * g.taps() * g.output_plane();
    (1..=MOST).contains(&g.work()) && unrolled <= HELD && g.groups == 1
}

/// Whether each image is added up by itself: what AVX2 does with kernels of one element.
fn sums_images(g: &Geometry) -> bool {
    g.taps() == 1 && !has_wide_vectors()
}

/// The weights' gradient from the output's gradient and the input: what each position of the images adds to a row of
/// weights is its row of the unrolled image times the output's gradient there.
pub(super) fn to_weight(grad: &[f32], x: &[f32], g: &Geometry) -> Vec<f32> {
    let (co, k, s) = (g.channels_out, g.channels_in * g.taps(), g.output_plane());
    let rows = unrolled_rows(x, g);
    let offsets: Vec<usize> = (0..g.batch * s).map(|p| p * k).collect();
    let many = co.div_ceil(threads::num_threads());
    let many = many.min(rows_at_once()).max(1);
    let piece = if sums_images(g) { s } else { g.batch * s };
    let mut sums = vec![0f32; co * k];
    threads::fill_rows(&mut sums, many * k, g.work(), &|first, part| {
        for (i, out) in part.chunks_mut(many * k).enumerate() {
            let (channel, n) = ((first + i) * many, out.len() / k);
            let mut factors = vec![0f32; n * offsets.len()];
            for (image, factors) in factors.chunks_exact_mut(n * s).enumerate() {
                for r in 0..n {
                    let plane = &grad[(image * co + channel + r) * s..][..s];
                    let to = factors[r..].iter_mut().step_by(n);
                    to.zip(plane).for_each(|(f, v)| *f = *v);
                }
            }
            let (start, mut more) = (vec![0f32; n], vec![0f32; n * k]);
            for (offsets, factors) in offsets.chunks(piece).zip(factors.chunks(n * piece)) {
                if !gathered(&mut more, (n, k, k), &rows, offsets, factors, &start) {
                    more.fill(0.0);
                    add_up(&mut more, k, &rows[offsets[0]..], factors);
                }
                out.iter_mut().zip(&more).for_each(|(o, m)| *o += m);
            }
        }
    });
    sums
}

/// The images unrolled: for each position a row of what the weights meet there, and some room behind the last.
fn unrolled_rows(x: &[f32], g: &Geometry) -> Vec<f32> {
    let (k, s) = (g.channels_in * g.taps(), g.output_plane());
    let image = g.channels_in * g.input_plane();
    let turned = Layout {
        shape: Dims::from_slice(&[s, k]),
        strides: Dims::from_slice(&[1, s]),
        offset: 0,
    };
    let all = g.batch * s * k;
    let mut rows = vec![0f32; all + SLACK];
    threads::fill_rows(&mut rows[..all], s * k, all, &|first, part| {
        let mut cols = vec![0f32; k * s];
        let images = x[first * image..].chunks_exact(image);
        for (x, rows) in images.zip(part.chunks_exact_mut(s * k)) {
            unroll(x, &mut cols, g);
            copy_out(&cols, &turned, rows);
        }
    });
    rows
}

/// [`gathered`] for machines without its instructions.
fn add_up(out: &mut [f32], k: usize, rows: &[f32], factors: &[f32]) {
    let n = out.len() / k;
    for (row, factors) in rows.chunks_exact(k).zip(factors.chunks_exact(n)) {
        for (out, factor) in out.chunks_exact_mut(k).zip(factors) {
            let pairs = out.iter_mut().zip(row);
            pairs.for_each(|(o, v)| *o = factor.mul_add(*v, *o));
        }
    }
}
