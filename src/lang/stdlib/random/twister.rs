//! MT19937, the Mersenne Twister of Matsumoto and Nishimura, seeded by an array of words
//! (<http://www.math.sci.hiroshima-u.ac.jp/m-mat/MT/MT2002/emt19937ar.html>).

use num_bigint::{BigInt, Sign};

const N: usize = 624;
const M: usize = 397;

/// The generator's state.
#[derive(Clone)]
pub(super) struct Twister {
    words: [u32; N],
    index: usize,
}

impl Twister {
    /// Seeded by the words of an integer.
    pub(super) fn seeded(seed: &BigInt) -> Twister {
        let key = seed.magnitude().to_u32_digits();
        Twister::by_array(if key.is_empty() { &[0] } else { &key })
    }

    fn by_number(seed: u32) -> Twister {
        let mut words = [seed; N];
        for i in 1..N {
            let before = words[i - 1];
            words[i] = 1_812_433_253_u32
                .wrapping_mul(before ^ (before >> 30))
                .wrapping_add(i as u32);
        }
        Twister { words, index: N }
    }

    fn by_array(key: &[u32]) -> Twister {
        let mut twister = Twister::by_number(19_650_218);
        let words = &mut twister.words;
        let (mut i, mut j) = (1, 0);
        for _ in 0..N.max(key.len()) {
            let mixed = (words[i - 1] ^ (words[i - 1] >> 30)).wrapping_mul(1_664_525);
            words[i] = (words[i] ^ mixed)
                .wrapping_add(key[j])
                .wrapping_add(j as u32);
            (i, j) = (i + 1, (j + 1) % key.len());
            if i == N {
                words[0] = words[N - 1];
                i = 1;
            }
        }
        for _ in 1..N {
            let mixed = (words[i - 1] ^ (words[i - 1] >> 30)).wrapping_mul(1_566_083_941);
            words[i] = (words[i] ^ mixed).wrapping_sub(i as u32);
            i += 1;
            if i == N {
                words[0] = words[N - 1];
                i = 1;
            }
        }
        words[0] = 0x8000_0000;
        twister
    }

    fn refill(&mut self) {
        for i in 0..N {
            let y = (self.words[i] & 0x8000_0000) | (self.words[(i + 1) % N] & 0x7fff_ffff);
            let odd = if y & 1 == 1 { 0x9908_b0df } else { 0 };
            self.words[i] = self.words[(i + M) % N] ^ (y >> 1) ^ odd;
        }
        self.index = 0;
    }

    /// 32 random bits.
    pub(super) fn next(&mut self) -> u32 {
        if self.index >= N {
            self.refill();
        }
        let mut y = self.words[self.index];
        self.index += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    /// The words and the index, as `getstate` shows them.
    pub(super) fn state(&self) -> impl Iterator<Item = u32> {
        self.words.into_iter().chain([self.index as u32])
    }

    /// The state that `setstate` is given: the words and the index.
    pub(super) fn from_state(state: &[u32]) -> Option<Twister> {
        let (index, words) = state.split_last()?;
        let index = usize::try_from(*index).ok().filter(|&i| i <= N)?;
        Some(Twister {
            words: words.try_into().ok()?,
            index,
        })
    }
}

/// Words, the lowest first, as an integer.
pub(super) fn integer_of(words: Vec<u32>) -> BigInt {
    BigInt::new(Sign::Plus, words)
}
