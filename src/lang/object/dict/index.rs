//! The index of a hash table: places of entries by their hash, found by linear probing.

/// Nothing was ever here.
const EMPTY: u32 = u32::MAX;
/// Something was here: a search goes on.
const GONE: u32 = u32::MAX - 1;

/// Places by hash. Two thirds of it are filled at most.
#[derive(Clone, Default)]
pub(super) struct Index {
    /// A power of two of them, or none.
    slots: Box<[u32]>,
    /// How many are not empty.
    used: usize,
}

impl Index {
    /// Where the search for a hash begins. Python's hash of a small integer is itself; the upper bits of the product
    /// depend on all of it.
    #[inline(always)]
    fn start(&self, hash: u64) -> usize {
        let mixed = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 32) as usize & (self.slots.len() - 1)
    }

    /// The first place under a hash that is the right one.
    #[inline(always)]
    pub(super) fn find(&self, hash: u64, mut right: impl FnMut(usize) -> bool) -> Option<usize> {
        if self.slots.is_empty() {
            return None;
        }
        let mut slot = self.start(hash);
        loop {
            match self.slots[slot] {
                EMPTY => return None,
                GONE => {}
                place if right(place as usize) => return Some(place as usize),
                _ => {}
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }

    /// Whether room has to be made before the next insertion.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.used * 3 >= self.slots.len() * 2
    }

    /// Notes a place. Tables of four thousand million entries do not fit into memory.
    #[inline]
    pub(super) fn insert(&mut self, hash: u64, place: usize) {
        let mut slot = self.start(hash);
        while self.slots[slot] < GONE {
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        self.used += usize::from(self.slots[slot] == EMPTY);
        self.slots[slot] = place as u32;
    }

    /// Forgets a place.
    pub(super) fn remove(&mut self, hash: u64, place: usize) {
        if self.slots.is_empty() {
            return;
        }
        let mut slot = self.start(hash);
        while self.slots[slot] != EMPTY {
            if self.slots[slot] == place as u32 {
                self.slots[slot] = GONE;
                return;
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }

    /// Empties it, with room for so many places and some more.
    pub(super) fn make_room(&mut self, places: usize) {
        let slots = (places.max(8) * 2).next_power_of_two();
        if slots == self.slots.len() {
            self.slots.fill(EMPTY);
        } else {
            self.slots = vec![EMPTY; slots].into();
        }
        self.used = 0;
    }

    /// Forgets all places.
    pub(super) fn clear(&mut self) {
        self.slots = Box::default();
        self.used = 0;
    }
}
