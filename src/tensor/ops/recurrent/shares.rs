//! The rows of a batch shared among threads. Rows know nothing of each other, so that each thread takes its own through all
//! steps, and none waits for the others in between.

use crate::tensor::array::threads;

/// Multiply-adds of a step from which more threads than one pay.
const WORTH: usize = 1 << 17;
/// Rows that a thread takes at least: products of fewer are made in another order.
const LEAST: usize = 4;
/// Elements of a step's products up to which their order does not depend on the number of rows.
const MOST: usize = 1 << 18;

/// Where the rows of each thread end, for steps of a product from `hidden` to `wide` elements.
pub(super) fn ends(
    steps: &[(usize, usize)],
    batch: usize,
    wide: usize,
    hidden: usize,
) -> Vec<usize> {
    let even = steps.iter().all(|step| step.1 == batch);
    let fits = hidden >= 32 && batch * wide <= MOST && batch * wide * hidden >= WORTH;
    let n = match even && fits {
        true => threads::num_threads().min(batch / LEAST).max(1),
        false => 1,
    };
    (1..=n).map(|i| batch * i / n).collect()
}

/// For each thread and each step, in the order in which steps are taken, its rows, which have `width` elements.
pub(super) fn cut<'a, T>(
    mut all: &'a mut [T],
    steps: &[(usize, usize)],
    ends: &[usize],
    width: usize,
) -> Vec<Vec<&'a mut [T]>> {
    let mut shares: Vec<Vec<&mut [T]>> = ends.iter().map(|_| Vec::new()).collect();
    let mut places = steps.to_vec();
    places.sort_unstable();
    for (_, n) in places {
        let mut start = 0;
        for (share, &end) in shares.iter_mut().zip(ends) {
            let end = end.min(n);
            let (own, rest) = all.split_at_mut((end - start) * width);
            share.push(own);
            (all, start) = (rest, end);
        }
    }
    if steps.first() > steps.last() {
        shares.iter_mut().for_each(|share| share.reverse());
    }
    shares
}

/// [`cut`] of rows that all steps have together.
pub(super) fn cut_state<'a, T>(all: &'a mut [T], ends: &[usize], width: usize) -> Vec<&'a mut [T]> {
    let batch = ends.last().copied().unwrap_or(0);
    let shares = cut(all, &[(0, batch)], ends, width);
    shares.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_cut_in_the_order_of_the_steps() {
        let mut all: Vec<usize> = (0..12).collect();
        let shares = cut(&mut all, &[(0, 4), (4, 2)], &[3, 4], 2);
        assert_eq!(shares[0], [&[0, 1, 2, 3, 4, 5][..], &[8, 9, 10, 11]]);
        assert_eq!(shares[1], [&[6, 7][..], &[]]);
        let shares = cut(&mut all, &[(4, 2), (0, 4)], &[4], 2);
        assert_eq!(shares[0][0], [8, 9, 10, 11]);
    }
}
