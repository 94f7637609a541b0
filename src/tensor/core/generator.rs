//! PyTorch's CPU random number generator: MT19937 and the ways in which ATen turns its words into numbers.
//!
//! Sources: `ATen/core/MT19937RNGEngine.h`, `ATen/core/TransformationHelper.h`, `ATen/CPUGeneratorImpl.cpp`.

use std::cell::RefCell;
use std::rc::Rc;

use crate::tensor::array::kernels::vectorize;

const N: usize = 624;
const M: usize = 397;

/// What PyTorch's default generator starts with.
const DEFAULT_SEED: u64 = 67_280_421_310_721;

struct State {
    seed: u64,
    words: [u32; N],
    /// The words as they are drawn.
    tempered: [u32; N],
    left: usize,
    next: usize,
    seeded: bool,
    kept_normal: Option<f64>,
    kept_normal_f32: Option<f32>,
}

/// A stream of random numbers. Cloning shares the stream.
#[derive(Clone)]
pub struct Generator(Rc<RefCell<State>>);

impl State {
    fn new(seed: u64) -> State {
        let mut words = [0; N];
        words[0] = seed as u32;
        for i in 1..N {
            let last = words[i - 1];
            words[i] = 1_812_433_253u32
                .wrapping_mul(last ^ (last >> 30))
                .wrapping_add(i as u32);
        }
        State {
            seed,
            words,
            tempered: [0; N],
            left: 1,
            next: 0,
            seeded: true,
            kept_normal: None,
            kept_normal_f32: None,
        }
    }

    fn refill(&mut self) {
        let twist = |u: u32, v: u32| {
            let mixed = (u & 0x8000_0000) | (v & 0x7fff_ffff);
            (mixed >> 1) ^ (v & 1).wrapping_neg() & 0x9908_b0df
        };
        let w = &mut self.words;
        vectorize(
            #[inline(always)]
            || {
                for i in 0..N - M {
                    w[i] = w[i + M] ^ twist(w[i], w[i + 1]);
                }
                for i in N - M..N - 1 {
                    w[i] = w[i + M - N] ^ twist(w[i], w[i + 1]);
                }
            },
        );
        w[N - 1] = w[M - 1] ^ twist(w[N - 1], w[0]);
        self.left = N;
        self.next = 0;
        self.temper();
    }

    fn temper(&mut self) {
        let (words, tempered) = (&self.words, &mut self.tempered);
        vectorize(
            #[inline(always)]
            || {
                for (t, w) in tempered.iter_mut().zip(words) {
                    let mut y = *w;
                    y ^= y >> 11;
                    y ^= (y << 7) & 0x9d2c_5680;
                    y ^= (y << 15) & 0xefc6_0000;
                    *t = y ^ (y >> 18);
                }
            },
        );
    }

    #[inline]
    fn u32(&mut self) -> u32 {
        self.left -= 1;
        // A state that was loaded may say more are left than there are.
        if self.left == 0 || self.next == N {
            self.refill();
        }
        let y = self.tempered[self.next];
        self.next += 1;
        y
    }

    /// The next words, as many as there are without a refill but no more than wanted.
    fn some(&mut self, wanted: usize) -> &[u32] {
        // `left` counts one more than there are: the refill comes with the draw that finds one left.
        if self.left == 1 || self.next == N {
            self.refill();
            self.left += 1;
        }
        let n = wanted.min(self.left - 1).min(N - self.next);
        self.left -= n;
        self.next += n;
        &self.tempered[self.next - n..self.next]
    }

    #[inline]
    fn u64(&mut self) -> u64 {
        let high = u64::from(self.u32());
        high << 32 | u64::from(self.u32())
    }
}

/// A borrowed stream, for drawing many numbers.
pub struct Draw<'a>(std::cell::RefMut<'a, State>);

impl Draw<'_> {
    /// One word.
    #[inline]
    pub fn u32(&mut self) -> u32 {
        self.0.u32()
    }

    /// Two words, the first one high.
    #[inline]
    pub fn u64(&mut self) -> u64 {
        self.0.u64()
    }

    /// Uniform in [0, 1) with 24 bits.
    #[inline]
    pub fn uniform_f32(&mut self) -> f32 {
        (self.u32() & 0xff_ffff) as f32 * (1.0 / 16_777_216.0)
    }

    /// [`Draw::uniform_f32`] for each element.
    pub fn fill_uniform_f32(&mut self, mut out: &mut [f32]) {
        while !out.is_empty() {
            let words = self.0.some(out.len());
            let (now, rest) = std::mem::take(&mut out).split_at_mut(words.len());
            vectorize(
                #[inline(always)]
                || {
                    for (o, w) in now.iter_mut().zip(words) {
                        *o = (w & 0xff_ffff) as i32 as f32 * (1.0 / 16_777_216.0);
                    }
                },
            );
            out = rest;
        }
    }

    /// Uniform in [0, 1) with 53 bits.
    #[inline]
    pub fn uniform_f64(&mut self) -> f64 {
        (self.u64() & 0x1f_ffff_ffff_ffff) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// Standard normal; every second one was kept from the call before.
    pub fn normal(&mut self) -> f64 {
        if let Some(kept) = self.0.kept_normal.take() {
            return kept;
        }
        let (u1, u2) = (self.uniform_f64(), self.uniform_f64());
        let radius = (-2.0 * (-u2).ln_1p()).sqrt();
        let angle = 2.0 * std::f64::consts::PI * u1;
        self.0.kept_normal = Some(radius * angle.sin());
        radius * angle.cos()
    }

    /// Exponential with rate `lambda`.
    pub fn exponential(&mut self, lambda: f64) -> f64 {
        let u = self.uniform_f64();
        -1.0 / lambda * (-u).ln_1p()
    }

    /// An integer in `[low, low + range)`.
    #[inline]
    pub fn integer(&mut self, low: i64, range: u64) -> i64 {
        let r = if range >= 1 << 28 {
            self.u64() % range
        } else {
            u64::from(self.u32()) % range
        };
        (r as i64).wrapping_add(low)
    }
}

impl Generator {
    /// `torch.Generator()`, seeded as PyTorch's are at the start.
    pub fn new() -> Generator {
        Generator::seeded(DEFAULT_SEED)
    }

    /// A generator with this seed.
    pub fn seeded(seed: u64) -> Generator {
        Generator(Rc::new(RefCell::new(State::new(seed))))
    }

    /// `manual_seed`
    pub fn manual_seed(&self, seed: u64) {
        *self.0.borrow_mut() = State::new(seed);
    }

    /// `seed()`: a seed from the system, which is returned.
    pub fn seed(&self) -> u64 {
        use std::hash::{BuildHasher, Hasher};
        // The standard library's hash keys are random; 53 bits, as PyTorch takes from the device.
        let seed = std::collections::hash_map::RandomState::new()
            .build_hasher()
            .finish()
            & 0x1f_ffff_ffff_ffff;
        self.manual_seed(seed);
        seed
    }

    /// `initial_seed()`
    pub fn initial_seed(&self) -> u64 {
        self.0.borrow().seed
    }

    /// The stream, to draw from.
    #[inline]
    pub fn draw(&self) -> Draw<'_> {
        Draw(self.0.borrow_mut())
    }

    /// Whether both are the same stream.
    pub fn same(&self, other: &Generator) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// The state in PyTorch's layout of 5056 bytes (`CPUGeneratorImplState`).
    pub fn state(&self) -> Vec<u8> {
        let s = self.0.borrow();
        let mut out = Vec::with_capacity(5056);
        out.extend(s.seed.to_le_bytes());
        out.extend((s.left as i32).to_le_bytes());
        out.extend(i32::from(s.seeded).to_le_bytes());
        out.extend((s.next as u64).to_le_bytes());
        s.words
            .iter()
            .for_each(|w| out.extend(u64::from(*w).to_le_bytes()));
        let kept = s.kept_normal.unwrap_or(0.0);
        out.extend(0f64.to_le_bytes());
        out.extend(kept.to_le_bytes());
        out.extend(0f64.to_le_bytes());
        out.extend(i32::from(s.kept_normal.is_some()).to_le_bytes());
        out.extend(s.kept_normal_f32.unwrap_or(0.0).to_le_bytes());
        out.extend(u64::from(s.kept_normal_f32.is_some()).to_le_bytes());
        out.resize(5056, 0);
        out
    }

    /// Takes over a state that [`Generator::state`] gave; `false` if it is none.
    pub fn set_state(&self, bytes: &[u8]) -> bool {
        if bytes.len() != 5056 {
            return false;
        }
        let u64_at =
            |i: usize| u64::from_le_bytes(bytes[i..i + 8].try_into().expect("eight bytes"));
        let i32_at = |i: usize| i32::from_le_bytes(bytes[i..i + 4].try_into().expect("four bytes"));
        let end = 24 + 8 * N;
        let (left, next) = (i32_at(8), u64_at(16));
        if !(1..=N as i32).contains(&left) || next > N as u64 {
            return false;
        }
        let mut s = State::new(u64_at(0));
        s.left = left as usize;
        s.seeded = i32_at(12) != 0;
        s.next = next as usize;
        for (i, w) in s.words.iter_mut().enumerate() {
            *w = u64_at(24 + 8 * i) as u32;
        }
        s.temper();
        let kept = f64::from_bits(u64_at(end + 8));
        s.kept_normal = (i32_at(end + 24) != 0).then_some(kept);
        *self.0.borrow_mut() = s;
        true
    }
}

impl Default for Generator {
    fn default() -> Generator {
        Generator::new()
    }
}

thread_local! {
    static DEFAULT: Generator = Generator::new();
}

/// `torch.default_generator`
pub fn default_generator() -> Generator {
    DEFAULT.with(Clone::clone)
}

/// `torch.manual_seed(seed)`
pub fn manual_seed(seed: u64) {
    DEFAULT.with(|g| g.manual_seed(seed));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_mt19937() {
        let g = Generator::seeded(5489);
        let mut d = g.draw();
        assert_eq!(d.u32(), 3_499_211_612);
        let last = (0..9_999).map(|_| d.u32()).last().unwrap();
        assert_eq!(last, 4_123_659_995);
    }

    #[test]
    fn slices_are_filled_with_single_draws() {
        let (a, b) = (Generator::seeded(7), Generator::seeded(7));
        for n in [1, 5, 623, 624, 625, 2000, 3] {
            let mut out = vec![0.0; n];
            a.draw().fill_uniform_f32(&mut out);
            let single: Vec<f32> = (0..n).map(|_| b.draw().uniform_f32()).collect();
            assert_eq!(out, single);
            assert_eq!(a.draw().u32(), b.draw().u32());
            assert_eq!(a.state(), b.state());
        }
    }

    #[test]
    fn a_state_comes_back() {
        let g = Generator::seeded(1);
        g.draw().normal();
        let state = g.state();
        let first: Vec<f64> = (0..5).map(|_| g.draw().normal()).collect();
        assert!(g.set_state(&state));
        let again: Vec<f64> = (0..5).map(|_| g.draw().normal()).collect();
        assert_eq!(first, again);
        assert!(!g.set_state(&state[1..]));
    }
}
