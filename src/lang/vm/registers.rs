//! The registers of the running frame, without bounds checks: with [`super::dispatch`], the machine's `unsafe` kernel.

use crate::lang::object::code::Reg;
use crate::lang::object::heap::HeapType;
use crate::lang::object::{Ref, Value};

/// Points to the registers of a frame.
///
/// SAFETY of all methods: the compiler never names a register beyond `Code::registers`, which is the length of the
/// frame's register vector; the vector is never resized while its frame exists; and only the loop that runs the frame
/// changes it. References handed out are used up before the register is written again.
#[derive(Clone, Copy)]
pub(super) struct Registers {
    first: *mut Value,
    count: usize,
}

impl Registers {
    pub(super) fn of(registers: &mut [Value]) -> Registers {
        Registers {
            first: registers.as_mut_ptr(),
            count: registers.len(),
        }
    }

    #[inline(always)]
    pub(super) fn get<'a>(self, reg: Reg) -> &'a Value {
        debug_assert!(usize::from(reg) < self.count);
        // SAFETY: see the type.
        unsafe { &*self.first.add(usize::from(reg)) }
    }

    #[inline(always)]
    pub(super) fn set(self, reg: Reg, value: Value) {
        debug_assert!(usize::from(reg) < self.count);
        // SAFETY: see the type. An old object is dropped after the new value is in place; what is on no heap needs no
        // dropping.
        unsafe {
            let place = self.first.add(usize::from(reg));
            if (*place).is_heap() {
                let old = std::ptr::replace(place, value);
                drop(old);
            } else {
                std::ptr::write(place, value);
            }
        }
    }

    /// Sets a register to a truth value, word by word: see [`Value`].
    #[inline(always)]
    pub(super) fn set_bool(self, reg: Reg, truth: bool) {
        debug_assert!(usize::from(reg) < self.count);
        self.let_go(reg, 1);
        // SAFETY: see the type. These are the two words of a truth value, and what was there needs no dropping.
        unsafe {
            let place = self.first.add(usize::from(reg)).cast::<u64>();
            place.write(Value::BOOL);
            place.add(1).write(u64::from(truth));
        }
    }

    /// Fills a register that is known to be unbound.
    #[inline(always)]
    pub(super) fn put(self, reg: Reg, value: Value) {
        debug_assert!(usize::from(reg) < self.count);
        // SAFETY: see the type. What was there needs no dropping.
        unsafe { std::ptr::write(self.first.add(usize::from(reg)), value) };
    }

    #[inline(always)]
    pub(super) fn take(self, reg: Reg) -> Value {
        debug_assert!(usize::from(reg) < self.count);
        // SAFETY: see the type. The value is moved out: the register is unbound at once.
        unsafe {
            let place = self.first.add(usize::from(reg));
            let value = (*place).copied();
            std::ptr::write(place, Value::Unbound);
            value
        }
    }

    /// `count` registers from `base` on.
    #[inline(always)]
    pub(super) fn slice<'a>(self, base: Reg, count: usize) -> &'a [Value] {
        debug_assert!(usize::from(base) + count <= self.count);
        // SAFETY: see the type.
        unsafe { std::slice::from_raw_parts(self.first.add(usize::from(base)), count) }
    }

    /// Moves `count` registers from `first` on into registers of another frame, from `at` on, that hold no objects.
    #[inline(always)]
    pub(super) fn move_to(self, first: Reg, count: usize, to: Registers, at: usize) {
        debug_assert!(usize::from(first) + count <= self.count && at + count <= to.count);
        // SAFETY: see the type. The values are moved: the registers are unbound at once.
        unsafe {
            let from = self.first.add(usize::from(first));
            let to = to.first.add(at);
            let one = |i: usize| {
                std::ptr::write(to.add(i), (*from.add(i)).copied());
                std::ptr::write(from.add(i), Value::Unbound);
            };
            // Most calls have few arguments: without a loop they take half the time.
            if count > 2 {
                (0..count).for_each(one);
            } else if count > 0 {
                one(0);
                if count > 1 {
                    one(1);
                }
            }
        }
    }

    /// Moves an object out whose type the caller has looked at.
    #[inline(always)]
    pub(super) fn take_object<T: HeapType>(self, reg: Reg) -> Ref<T> {
        debug_assert!(self.get(reg).exact::<T>().is_some());
        match self.take(reg).into_exact::<T>() {
            Ok(object) => object,
            // SAFETY: the caller has looked.
            Err(_) => unsafe { std::hint::unreachable_unchecked() },
        }
    }

    /// Lets go of the objects in `count` registers from `base` on, whose content nobody will read.
    #[inline(always)]
    pub(super) fn let_go(self, base: Reg, count: usize) {
        for i in 0..count {
            let reg = base + i as Reg;
            if self.get(reg).is_heap() {
                drop(self.take(reg));
            }
        }
    }

    /// Moves `count` registers from `base` on out.
    pub(super) fn take_all(self, base: Reg, count: usize) -> Vec<Value> {
        (0..count).map(|i| self.take(base + i as Reg)).collect()
    }
}
