//! `Random`: a stream of random numbers, and what all its methods draw from.

use std::cell::{Cell, RefCell};

use num_bigint::{BigInt as Big, Sign};
use num_traits::{Signed, ToPrimitive, Zero};
use sha2::{Digest, Sha512};

use super::methods;
use super::twister::{Twister, integer_of};
use crate::lang::object::heap::HeapType;
use crate::lang::object::{
    Args, BigInt, Caller, Class, Instance, Kind, Native, Ref, Result, Value, intern, os_error,
    protocol, type_error, value_error,
};
use crate::lang::stdlib::arguments;
use crate::lang::stdlib::define::class_of;

/// Where the bits come from.
pub(super) enum Source {
    /// A seeded stream.
    Twister(Box<Twister>),
    /// The operating system.
    System,
}

/// `random.Random` and `random.SystemRandom`
pub(super) struct Random {
    pub(super) source: RefCell<Source>,
    /// The second of the pair that `gauss` makes at a time.
    pub(super) gauss_next: Cell<Option<f64>>,
}

class_of! {
    /// `random.Random`
    random_class methods::RANDOM;
    /// `random.SystemRandom`
    system_class methods::SYSTEM_RANDOM, base random_class();
}

impl HeapType for Random {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        match &*self.source.borrow() {
            Source::Twister(_) => random_class(),
            Source::System => system_class(),
        }
    }
}

impl Random {
    pub(super) fn new(source: Source) -> Ref<Random> {
        Ref::new(Random {
            source: RefCell::new(source),
            gauss_next: Cell::new(None),
        })
    }

    /// The generator in `self`.
    pub(super) fn of(value: &Value) -> Result<&Ref<Random>> {
        value.get::<Random>().ok_or_else(|| {
            type_error(format!(
                "descriptor requires a 'random.Random' object but received a '{}'",
                value.class_name()
            ))
        })
    }

    /// 32 random bits.
    pub(super) fn word(&self) -> Result<u32> {
        match &mut *self.source.borrow_mut() {
            Source::Twister(twister) => Ok(twister.next()),
            Source::System => system_bytes::<4>().map(u32::from_le_bytes),
        }
    }

    /// A float in [0, 1) of 53 random bits.
    pub(super) fn unit(&self) -> Result<f64> {
        let (a, b) = (self.word()? >> 5, self.word()? >> 6);
        Ok((f64::from(a) * 67_108_864.0 + f64::from(b)) * (1.0 / 9_007_199_254_740_992.0))
    }

    /// An integer of so many random bits.
    pub(super) fn bits(&self, count: u64) -> Result<Big> {
        let mut words = Vec::new();
        let mut left = count;
        while left > 0 {
            let word = self.word()?;
            words.push(if left < 32 { word >> (32 - left) } else { word });
            left = left.saturating_sub(32);
        }
        Ok(integer_of(words))
    }

    pub(super) fn seed(&self, seed: &Big) {
        self.gauss_next.set(None);
        if let Source::Twister(twister) = &mut *self.source.borrow_mut() {
            **twister = Twister::seeded(seed);
        }
    }
}

/// Random bytes of the operating system.
pub(super) fn system_bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| os_error(error.to_string()))?;
    Ok(bytes)
}

/// The integer that a seed stands for, as CPython derives it.
pub(super) fn seed_number(caller: &mut dyn Caller, seed: &Value, version: i64) -> Result<Big> {
    if seed.is_none() || seed.is_unbound() {
        return Ok(Big::from_bytes_le(Sign::Plus, &system_bytes::<128>()?));
    }
    if let Some(number) = seed.as_bigint() {
        return Ok(number.abs());
    }
    if let Some(x) = seed.as_float() {
        return Ok(Big::from(protocol::hash_float(x) as u64));
    }
    let mut bytes = match seed.as_str() {
        Some(text) if version == 1 => return Ok(version_one(text)),
        Some(text) => text.as_bytes().to_vec(),
        None => arguments::bytes(seed).map_err(|_| {
            type_error(
                "The only supported seed types are: None,\nint, float, str, bytes, and bytearray.",
            )
        })?,
    };
    let _ = caller;
    let digest = Sha512::digest(&bytes);
    bytes.extend_from_slice(&digest);
    Ok(Big::from_bytes_be(Sign::Plus, &bytes))
}

/// The seed of a text as Python 2 made it (`version=1`).
fn version_one(text: &str) -> Big {
    let mut chars = text.chars().map(|c| u64::from(u32::from(c)));
    let mut x = text
        .chars()
        .next()
        .map_or(0, |c| u64::from(u32::from(c)) << 7);
    for c in chars.by_ref() {
        x = 1_000_003_u64.wrapping_mul(x) ^ c;
    }
    x ^= text.chars().count() as u64;
    Big::from(if x == u64::MAX { u64::MAX - 1 } else { x })
}

/// The method of a script class that stands in for one of `Random`'s own.
fn overridden(this: &Value, name: &str) -> Option<Value> {
    let found = this.exact::<Instance>()?.class().lookup(&intern(name))?;
    found.exact::<Native>().is_none().then_some(found)
}

/// `self.random()`
pub(super) fn unit(caller: &mut dyn Caller, this: &Value) -> Result<f64> {
    if let Some(method) = overridden(this, "random") {
        let answer = caller.call(&method, Args::positional(std::slice::from_ref(this)))?;
        return arguments::number(caller, &answer);
    }
    Random::of(this)?.unit()
}

/// A random integer below `n`, which is not negative; 0 where `n` is 0.
pub(super) fn below(caller: &mut dyn Caller, this: &Value, n: &Big) -> Result<Big> {
    if n.is_zero() {
        return Ok(Big::zero());
    }
    if let Some(method) = overridden(this, "getrandbits") {
        loop {
            let bits = Value::Int(n.bits() as i64);
            let answer = caller.call(&method, Args::positional(&[this.clone(), bits]))?;
            let drawn = arguments::integer(caller, &answer)?;
            if drawn < *n {
                return Ok(drawn);
            }
        }
    }
    if overridden(this, "random").is_some() {
        return below_by_floats(caller, this, n);
    }
    let random = Random::of(this)?;
    loop {
        let drawn = random.bits(n.bits())?;
        if drawn < *n {
            return Ok(drawn);
        }
    }
}

/// The same for a small bound.
pub(super) fn below_count(caller: &mut dyn Caller, this: &Value, n: usize) -> Result<usize> {
    if this.exact::<Random>().is_some() && n != 0 && n <= u32::MAX as usize {
        let random = Random::of(this)?;
        let shift = (n as u32).leading_zeros();
        loop {
            let drawn = (random.word()? >> shift) as usize;
            if drawn < n {
                return Ok(drawn);
            }
        }
    }
    Ok(below(caller, this, &Big::from(n))?
        .to_usize()
        .unwrap_or_default())
}

/// The draw for classes that define `random` alone.
fn below_by_floats(caller: &mut dyn Caller, this: &Value, n: &Big) -> Result<Big> {
    const LARGEST: u64 = 1 << 53;
    let Some(n) = n.to_u64().filter(|&n| n < LARGEST) else {
        let x = unit(caller, this)? * n.to_f64().unwrap_or(f64::INFINITY);
        return Ok(arguments::big_of_float(x.floor())?
            .as_bigint()
            .unwrap_or_default());
    };
    let limit = (LARGEST - LARGEST % n) as f64 / LARGEST as f64;
    loop {
        let r = unit(caller, this)?;
        if r < limit {
            return Ok(Big::from((r * LARGEST as f64).floor() as u64 % n));
        }
    }
}

/// `Random(x)`: seeded by the argument; for script classes `__init__` does that.
pub(super) fn make(caller: &mut dyn Caller, class: &Ref<Class>, args: Args) -> Result<Value> {
    if class.is_subclass(&system_class()) {
        return Ok(protocol::wrap(
            class,
            Value::from(Random::new(Source::System)),
        ));
    }
    let given = if class.native {
        args.positional.first().or_else(|| args.keyword("x"))
    } else {
        None
    };
    if class.native && args.positional.len() + args.keywords.len() > 1 {
        return Err(type_error(format!(
            "Random.__init__() takes from 1 to 2 positional arguments but {} were given",
            args.positional.len() + 1
        )));
    }
    let seed = seed_number(caller, given.unwrap_or(&Value::None), 2)?;
    let source = Source::Twister(Box::new(Twister::seeded(&seed)));
    Ok(protocol::wrap(class, Value::from(Random::new(source))))
}

/// `getstate()`
pub(super) fn state(this: &Value) -> Result<Value> {
    let random = Random::of(this)?;
    let words: Vec<Value> = match &*random.source.borrow() {
        Source::Twister(twister) => twister
            .state()
            .map(|word| Value::Int(i64::from(word)))
            .collect(),
        Source::System => {
            return Err(crate::lang::object::not_implemented_error(
                "System entropy source does not have state.",
            ));
        }
    };
    let gauss = random.gauss_next.get().map_or(Value::None, Value::Float);
    Ok(Value::tuple([Value::Int(3), Value::tuple(words), gauss]))
}

/// `setstate(state)`
pub(super) fn set_state(caller: &mut dyn Caller, this: &Value, state: &Value) -> Result<()> {
    let parts = protocol::collect(caller, state)?;
    let version = parts.first().and_then(Value::as_int).unwrap_or_default();
    if version != 3 || parts.len() != 3 {
        return Err(value_error(format!(
            "state with version {version} passed to Random.setstate() of version 3"
        )));
    }
    let mut words = Vec::new();
    for word in protocol::collect(caller, &parts[1])? {
        let word = arguments::int(caller, &word)?;
        words.push(
            u32::try_from(word)
                .map_err(|_| value_error("state vector must contain 32-bit integers"))?,
        );
    }
    if words.len() != 625 {
        return Err(value_error("state vector is the wrong size"));
    }
    let twister = Twister::from_state(&words).ok_or_else(|| value_error("invalid state"))?;
    let random = Random::of(this)?;
    random.gauss_next.set(parts[2].as_float());
    if let Source::Twister(old) = &mut *random.source.borrow_mut() {
        **old = twister;
    }
    Ok(())
}

/// An integer as a value.
pub(super) fn whole(n: Big) -> Value {
    BigInt::value(n)
}
