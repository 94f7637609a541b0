//! The smallest elements of a row in the order that the C++ library's selection leaves them in: where elements are equal, the
//! places that PyTorch gives depend on it.
//!
//! Rows are pairs of a sort key and a place; only keys are compared. The algorithms are those of libstdc++ (`nth_element`,
//! `sort`, `partial_sort`) for `topk`, and the quick selection of ATen for `kthvalue`.

type Pair = (u64, u32);

/// Below this size the library sorts by insertion.
const SHORT: usize = 16;

#[inline]
fn less(a: &Pair, b: &Pair) -> bool {
    a.0 < b.0
}

/// Twice the logarithm: how deep the partition may go before heaps take over.
fn depth(n: usize) -> u32 {
    2 * (usize::BITS - 1 - n.max(1).leading_zeros())
}

/// Brings the median of the second, the middle and the last to the front, and splits the rest at it.
fn partition(row: &mut [Pair]) -> usize {
    let n = row.len();
    let (a, b, c) = (1, n / 2, n - 1);
    let median = match (less(&row[a], &row[b]), less(&row[b], &row[c])) {
        (true, true) => b,
        (true, false) => {
            if less(&row[a], &row[c]) {
                c
            } else {
                a
            }
        }
        (false, later) => {
            if less(&row[a], &row[c]) {
                a
            } else if later {
                c
            } else {
                b
            }
        }
    };
    row.swap(0, median);
    let pivot = row[0];
    let (mut first, mut last) = (1, n);
    loop {
        while less(&row[first], &pivot) {
            first += 1;
        }
        last -= 1;
        while less(&pivot, &row[last]) {
            last -= 1;
        }
        if first >= last {
            return first;
        }
        row.swap(first, last);
        first += 1;
    }
}

fn insertion_sort(row: &mut [Pair]) {
    for i in 1..row.len() {
        let value = row[i];
        let mut j = i;
        while j > 0 && less(&value, &row[j - 1]) {
            row[j] = row[j - 1];
            j -= 1;
        }
        row[j] = value;
    }
}

/// Moves a hole down the heap of the first `n`, and `value` up from there.
fn sift(row: &mut [Pair], mut hole: usize, n: usize, value: Pair) {
    let top = hole;
    let mut child = hole;
    while child < (n - 1) / 2 {
        child = 2 * (child + 1);
        if less(&row[child], &row[child - 1]) {
            child -= 1;
        }
        row[hole] = row[child];
        hole = child;
    }
    if n.is_multiple_of(2) && child == (n - 2) / 2 {
        child = 2 * child + 1;
        row[hole] = row[child];
        hole = child;
    }
    while hole > top && less(&row[(hole - 1) / 2], &value) {
        row[hole] = row[(hole - 1) / 2];
        hole = (hole - 1) / 2;
    }
    row[hole] = value;
}

/// The `k` smallest come first, as a heap.
fn heap_select(row: &mut [Pair], k: usize) {
    for parent in (0..k / 2).rev() {
        sift(row, parent, k, row[parent]);
    }
    for i in k..row.len() {
        if less(&row[i], &row[0]) {
            let value = row[i];
            row[i] = row[0];
            sift(row, 0, k, value);
        }
    }
}

/// The `k` smallest come first, in order.
fn partial_sort(row: &mut [Pair], k: usize) {
    heap_select(row, k);
    for last in (1..k).rev() {
        let value = row[last];
        row[last] = row[0];
        sift(row, 0, last, value);
    }
}

/// `std::sort`
fn sort(row: &mut [Pair]) {
    split(row, depth(row.len()));
    insertion_sort(row);
}

fn split(mut row: &mut [Pair], mut depth: u32) {
    while row.len() > SHORT {
        if depth == 0 {
            return partial_sort(row, row.len());
        }
        depth -= 1;
        let cut = partition(row);
        let (low, high) = row.split_at_mut(cut);
        split(high, depth);
        row = low;
    }
}

/// `std::nth_element`
fn nth_element(row: &mut [Pair], nth: usize) {
    let (mut first, mut last) = (0, row.len());
    let mut depth = depth(row.len());
    while last - first > 3 {
        if depth == 0 {
            heap_select(&mut row[first..last], nth + 1 - first);
            row.swap(first, nth);
            return;
        }
        depth -= 1;
        let cut = first + partition(&mut row[first..last]);
        if cut <= nth {
            first = cut;
        } else {
            last = cut;
        }
    }
    insertion_sort(&mut row[first..last]);
}

/// The places of the `k` smallest keys, as `torch.topk` chooses and orders them.
pub(super) fn smallest(mut row: Vec<Pair>, k: usize, sorted: bool) -> Vec<u32> {
    if k > 0 && k * 64 <= row.len() {
        partial_sort(&mut row, k);
    } else if k > 0 {
        nth_element(&mut row, k - 1);
        if sorted {
            sort(&mut row[..k - 1]);
        }
    }
    row.truncate(k);
    row.into_iter().map(|(_, i)| i).collect()
}

/// The place of the element that is number `k` in order, counted from 0, as `torch.kthvalue` finds it.
pub fn kth(mut row: Vec<Pair>, k: usize) -> u32 {
    let (mut left, mut right) = (0, row.len().saturating_sub(1));
    while right > left + 1 {
        row.swap(usize::midpoint(left, right), left + 1);
        for (a, b) in [(left + 1, right), (left, right), (left + 1, left)] {
            if less(&row[b], &row[a]) {
                row.swap(a, b);
            }
        }
        let (pivot, mut i, mut j) = (row[left], left + 1, right);
        loop {
            i += 1;
            while less(&row[i], &pivot) {
                i += 1;
            }
            j -= 1;
            while less(&pivot, &row[j]) {
                j -= 1;
            }
            if j < i {
                break;
            }
            row.swap(i, j);
        }
        row.swap(left, j);
        if j <= k {
            left = i;
        }
        if j >= k {
            right = j - 1;
        }
    }
    if right == left + 1 && less(&row[right], &row[left]) {
        row.swap(left, right);
    }
    row[k].1
}
