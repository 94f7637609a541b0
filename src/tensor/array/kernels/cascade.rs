//! Sums of slices in PyTorch's order (its `cascade_sum` with vectors of 32 bytes), so that the last bit is the same: lanes
//! take in `2^power` rows and are then closed into the next of four levels, which also keeps the error small.

use std::ops::Range;

use super::stream::prefetch;
use super::vectorize;
use crate::tensor::array::{Number, threads};

const LEVELS: usize = 4;
/// Columns that are summed side by side; their running sums stay in the first cache.
const STRIP: usize = 2048;

/// How many elements a vector of 32 bytes has.
pub const fn vector<T>() -> usize {
    if size_of::<T>() == 8 { 4 } else { 8 }
}

/// The logarithm of how many rows a level takes in.
fn power(rows: usize) -> u32 {
    let log = usize::BITS - rows.saturating_sub(1).leading_zeros();
    (log / LEVELS as u32).max(4)
}

#[inline(always)]
fn add<T: Number>(sums: &mut [T], values: &[T]) {
    for (s, v) in sums.iter_mut().zip(values) {
        *s = s.plus(*v);
    }
}

/// The running sums of all levels after some rows of `L` lanes, from a row at which the upper levels were closed.
#[inline(always)]
fn climb<T: Number, const L: usize>(
    rows: Range<usize>,
    power: u32,
    load: impl Fn(usize) -> [T; L],
) -> [[T; L]; LEVELS] {
    let mut levels = [[T::ZERO; L]; LEVELS];
    let step = 1usize << power;
    let mut i = rows.start;
    while i + step <= rows.end {
        let mut low = [T::ZERO; L];
        for _ in 0..step {
            add(&mut low, &load(i));
            i += 1;
        }
        for (j, level) in levels.iter_mut().enumerate().skip(1) {
            add(level, &low);
            if j + 1 == LEVELS || i & ((step - 1) << (j as u32 * power)) != 0 {
                break;
            }
            low = std::mem::replace(level, [T::ZERO; L]);
        }
    }
    while i < rows.end {
        add(&mut levels[0], &load(i));
        i += 1;
    }
    levels
}

#[inline(always)]
fn close<T: Number, const L: usize>([mut low, rest @ ..]: [[T; L]; LEVELS]) -> [T; L] {
    for level in &rest {
        add(&mut low, level);
    }
    low
}

/// The sum of `n` vectors of `W` elements; `four` loads the next four of them, `one` a single one.
#[inline(always)]
fn row<T: Number, const L: usize, const W: usize>(
    n: usize,
    four: impl Fn(usize) -> [T; L],
    one: impl Fn(usize) -> [T; W],
) -> [T; W] {
    let (rows, power) = (n / 4, power(n / 4));
    if rows >> power > 0 {
        return finish(close(climb(0..rows, power, four)), n, one);
    }
    // Nothing reaches the upper levels.
    let mut low = [T::ZERO; L];
    for i in 0..rows {
        add(&mut low, &four(i));
    }
    finish(low, n, one)
}

/// Adds up four vectors of running sums and the last of `n` vectors.
#[inline(always)]
fn finish<T: Number, const L: usize, const W: usize>(
    sums: [T; L],
    n: usize,
    one: impl Fn(usize) -> [T; W],
) -> [T; W] {
    let mut total = std::array::from_fn(|i| sums[i]);
    for i in n / 4 * 4..n {
        add(&mut total, &one(i));
    }
    for first in (W..L).step_by(W) {
        for (i, t) in total.iter_mut().enumerate() {
            *t = t.plus(sums[first + i]);
        }
    }
    total
}

#[inline(always)]
fn load<T: Number, const L: usize>(x: &[T], at: usize) -> [T; L] {
    let part: &[T] = &x[at..at + L];
    std::array::from_fn(|i| part[i])
}

/// The elements left over by whole vectors, then the lanes.
#[inline(always)]
fn lanes<T: Number>(lanes: &[T], rest: &[T]) -> T {
    let total = rest.iter().fold(T::ZERO, |s, v| s.plus(*v));
    lanes.iter().fold(total, |s, v| s.plus(*v))
}

#[inline(always)]
fn by_vectors<T: Number, const L: usize, const W: usize>(x: &[T]) -> T {
    let n = x.len() / W;
    let sums: [T; W] = row(n, |i| load::<T, L>(x, i * L), |i| load(x, i * W));
    lanes(&sums, &x[n * W..])
}

/// The sum of every `step`-th of elements, `n` in all, one element a lane.
#[inline(always)]
pub fn strided<T: Number>(x: &[T], step: usize, n: usize) -> T {
    let four = |i: usize| std::array::from_fn(|k| x[(i * 4 + k) * step]);
    let [total] = row::<T, 4, 1>(n, four, |i| [x[i * step]]);
    total
}

/// The sum of elements that lie side by side.
pub fn sum<T: Number>(x: &[T]) -> T {
    vectorize(
        #[inline(always)]
        || sum_plainly(x),
    )
}

#[inline(always)]
fn sum_plainly<T: Number>(x: &[T]) -> T {
    if !T::DTYPE.is_floating_point() {
        return x.iter().fold(T::ZERO, |s, v| s.plus(*v));
    }
    if x.len() < vector::<T>() {
        return strided(x, 1, x.len());
    }
    match vector::<T>() {
        4 => by_vectors::<T, 16, 4>(x),
        _ => by_vectors::<T, 32, 8>(x),
    }
}

/// For each element of `out`, the sum of as many parts of `n` elements as make up `length`, which lie side by side;
/// `apart` says that they did not lie so at first.
pub fn sum_rows<T: Number>(x: &[T], (length, n, apart): (usize, usize, bool), out: &mut [T]) {
    vectorize(
        #[inline(always)]
        || {
            for (o, row) in out.iter_mut().zip(x.chunks(length)) {
                let parts = row.chunks(n);
                *o = if apart {
                    parts.fold(T::ZERO, |s, x| s.plus(strided(x, 1, x.len())))
                } else {
                    parts.fold(T::ZERO, |s, x| s.plus(sum_plainly(x)))
                };
            }
        },
    );
}

/// [`sum`] on several threads, with the same result: what one step of the highest level takes in is a task.
pub fn sum_all<T: Number>(x: &[T]) -> T {
    if x.len() < 2 * threads::GRAIN || !T::DTYPE.is_floating_point() {
        return sum(x);
    }
    match vector::<T>() {
        4 => in_pieces::<T, 16, 4>(x),
        _ => in_pieces::<T, 32, 8>(x),
    }
}

fn in_pieces<T: Number, const L: usize, const W: usize>(x: &[T]) -> T {
    let (n, rows) = (x.len() / W, x.len() / L);
    let power = power(rows);
    let piece = 1 << (power * (LEVELS as u32 - 1));
    let climb = |rows: Range<usize>| {
        vectorize(
            #[inline(always)]
            || climb(rows, power, |i| load::<T, L>(x, i * L)),
        )
    };
    let mut parts = vec![T::ZERO; rows / piece * L];
    threads::fill_rows(&mut parts, L, x.len(), &|first, parts| {
        for (i, part) in parts.chunks_exact_mut(L).enumerate() {
            let start = (first + i) * piece;
            part.copy_from_slice(&climb(start..start + piece)[LEVELS - 1]);
        }
    });
    let mut levels = climb(rows / piece * piece..rows);
    for part in parts.chunks_exact(L) {
        add(&mut levels[LEVELS - 1], part);
    }
    let sums: [T; W] = finish(close(levels), n, |i| load(x, i * W));
    lanes(&sums, &x[n * W..])
}

/// The sums of the first columns of a matrix, as many as `out` has, whose rows lie `width` apart. `wide` is how columns
/// side by side are summed, in vectors.
pub fn columns<T: Number>(x: &[T], width: usize, out: &mut [T], wide: bool) {
    vectorize(
        #[inline(always)]
        || columns_plainly(x, width, out, wide),
    );
}

#[inline(always)]
fn columns_plainly<T: Number>(x: &[T], width: usize, out: &mut [T], wide: bool) {
    if !T::DTYPE.is_floating_point() {
        return tall(x, width, out);
    }
    match (wide, vector::<T>()) {
        (true, 4) => strips::<T, 16, 4>(x, width, out),
        (true, _) => strips::<T, 32, 8>(x, width, out),
        (false, _) => few(x, width, out),
    }
}

#[inline(always)]
fn strips<T: Number, const L: usize, const W: usize>(x: &[T], width: usize, out: &mut [T]) {
    let rows = x.len().div_ceil(width);
    let full = out.len() / L * L;
    for (i, part) in out[..full].chunks_mut(STRIP).enumerate() {
        tall(&x[i * STRIP..], width, part);
    }
    let vectors = out.len() / W * W;
    for j in (full..vectors).step_by(W) {
        let four = |i: usize| {
            (0..4).for_each(|k| prefetch(x, (i * 4 + 32 + k) * width + j));
            std::array::from_fn(|l| x[(i * 4 + l / W) * width + j + l % W])
        };
        let sums = row::<T, L, W>(rows, four, |i| load(x, i * width + j));
        out[j..j + W].copy_from_slice(&sums);
    }
    for (j, o) in out.iter_mut().enumerate().skip(vectors) {
        *o = strided(&x[j..], width, rows);
    }
}

/// Columns that lie apart or are fewer than a vector's lanes: four at a time.
#[inline(always)]
fn few<T: Number>(x: &[T], width: usize, out: &mut [T]) {
    let rows = x.len().div_ceil(width);
    let fours = out.len() / 4 * 4;
    for j in (0..fours).step_by(4) {
        let sums: [T; 4] = close(climb(0..rows, power(rows), |i| load(x, i * width + j)));
        out[j..j + 4].copy_from_slice(&sums);
    }
    for (j, o) in out.iter_mut().enumerate().skip(fours) {
        *o = strided(&x[j..], width, rows);
    }
}

/// The sums of the first columns, row after row.
#[inline(always)]
fn tall<T: Number>(x: &[T], width: usize, low: &mut [T]) {
    let n = low.len();
    let rows = x.len().div_ceil(width);
    let power = power(rows);
    let upper = if rows < 1 << power { 0 } else { LEVELS - 1 };
    let mut levels = vec![T::ZERO; upper * n];
    climb_columns(x, width, power, low, &mut levels);
    for level in levels.chunks_exact(n) {
        add(low, level);
    }
}

/// The running sums of columns after some rows, from a row at which the upper levels were closed: the lowest and the
/// others.
#[inline(always)]
fn climb_columns<T: Number>(x: &[T], width: usize, power: u32, low: &mut [T], levels: &mut [T]) {
    let n = low.len();
    let step = 1usize << power;
    low.fill(T::ZERO);
    for (i, row) in x.chunks(width).enumerate() {
        add(low, &row[..n]);
        if (i + 1) & (step - 1) != 0 {
            continue;
        }
        add(&mut levels[..n], low);
        low.fill(T::ZERO);
        for j in 1..levels.len() / n {
            if (i + 1) & ((step - 1) << (j as u32 * power)) != 0 {
                break;
            }
            let (below, above) = levels.split_at_mut(j * n);
            let below = &mut below[(j - 1) * n..];
            add(&mut above[..n], below);
            below.fill(T::ZERO);
        }
    }
}

/// [`columns`] on several threads, with the same result.
pub fn columns_of_all<T: Number>(x: &[T], width: usize, out: &mut [T], wide: bool) {
    let whole = 4 * vector::<T>();
    let mut done = 0;
    if wide && x.len() >= 2 * threads::GRAIN && threads::num_threads() > 1 {
        let shared = out.len() / whole * whole;
        if tall_in_pieces(x, width, &mut out[..shared]) {
            done = shared;
        }
    }
    if done == out.len() {
        return;
    }
    columns(&x[done..], width, &mut out[done..], wide);
}

/// [`tall`] on several threads, where there are rows enough: what one step of the last level but one takes in is a task,
/// and so are the rows after the last such step.
fn tall_in_pieces<T: Number>(x: &[T], width: usize, low: &mut [T]) -> bool {
    let rows = x.len().div_ceil(width);
    let power = power(rows);
    let piece = 1 << (2 * power);
    let n = low.len();
    if rows < 2 * piece || n == 0 {
        return false;
    }
    let mut sums = vec![T::ZERO; (rows / piece + 1) * LEVELS * n];
    threads::fill_rows(&mut sums, LEVELS * n, x.len(), &|first, sums| {
        for (i, sums) in sums.chunks_exact_mut(LEVELS * n).enumerate() {
            let start = (first + i) * piece * width;
            let end = x.len().min(start + piece * width);
            for from in (0..n).step_by(STRIP) {
                climb_strip(
                    &x[start..end],
                    width,
                    power,
                    sums,
                    from..n.min(from + STRIP),
                );
            }
        }
    });
    let (whole, last) = sums.split_at_mut(rows / piece * LEVELS * n);
    let (lower, upper) = last.split_at_mut(2 * n);
    let (second, third) = upper.split_at_mut(n);
    for (i, sums) in whole.chunks_exact(LEVELS * n).enumerate() {
        add(second, &sums[2 * n..3 * n]);
        if (i + 1) & ((1 << power) - 1) == 0 {
            add(third, second);
            second.fill(T::ZERO);
        }
    }
    low.copy_from_slice(&lower[..n]);
    for level in [&lower[n..], second, third] {
        add(low, level);
    }
    true
}

/// [`climb_columns`] for some of the columns whose sums of all levels stand in `sums`, level after level.
fn climb_strip<T: Number>(
    x: &[T],
    width: usize,
    power: u32,
    sums: &mut [T],
    columns: Range<usize>,
) {
    let (n, own) = (sums.len() / LEVELS, columns.len());
    let mut strip = vec![T::ZERO; LEVELS * own];
    let (low, levels) = strip.split_at_mut(own);
    let rows = x.get(columns.start..).unwrap_or_default();
    vectorize(
        #[inline(always)]
        || climb_columns(rows, width, power, low, levels),
    );
    for (level, strip) in sums.chunks_exact_mut(n).zip(strip.chunks_exact(own)) {
        level[columns.clone()].copy_from_slice(strip);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_of_several_threads_change_nothing() {
        for n in [131_072, 500_003, 1 << 20] {
            let x: Vec<f32> = (0..n).map(|i| (i % 977) as f32 * 0.37).collect();
            assert_eq!(sum(&x).to_bits(), sum_all(&x).to_bits(), "{n}");
        }
    }

    #[test]
    fn tasks_of_columns_change_nothing() {
        threads::set_num_threads(2);
        for (rows, width) in [(600, 300), (5000, 100), (70_000, 33)] {
            let x: Vec<f32> = (0..rows * width).map(|i| (i % 977) as f32 * 0.37).collect();
            let (mut one, mut all) = (vec![0f32; width], vec![0f32; width]);
            columns(&x, width, &mut one, true);
            columns_of_all(&x, width, &mut all, true);
            assert_eq!(one, all, "{rows} {width}");
        }
    }

    #[test]
    fn columns_are_the_sums_of_their_elements() {
        for (rows, width) in [(1, 3), (7, 5), (50, 45), (700, 41)] {
            let x: Vec<f32> = (0..rows * width).map(|i| (i % 13) as f32).collect();
            for wide in [false, true] {
                let mut out = vec![0.0; width];
                columns(&x, width, &mut out, wide);
                for (j, o) in out.iter().enumerate() {
                    let exact: f32 = (0..rows).map(|i| x[i * width + j]).sum();
                    assert_eq!(*o, exact, "{rows} {width} {j}");
                }
            }
        }
    }
}
