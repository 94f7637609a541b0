//! Combinatoric iterators: `product`, `permutations`, `combinations`, `combinations_with_replacement`.

use crate::lang::object::iter::Iter;
use crate::lang::object::native::ClassSpec;
use crate::lang::object::{Caller, NativeSpec, Result, Value, protocol, type_error, value_error};
use crate::lang::stdlib::arguments::{self, star};
use crate::lang::stdlib::define::{call_spec, class_of, def, iterator_class, native_iter};

class_of! {
    product_class PRODUCT;
    permutations_class PERMUTATIONS;
    combinations_class COMBINATIONS;
    with_replacement_class WITH_REPLACEMENT;
}

static PRODUCT: ClassSpec = iterator_class(
    "itertools",
    "product",
    PRODUCT_NEW.doc,
    Some(|caller, _, args| call_spec(caller, &PRODUCT_NEW, args)),
);
static PRODUCT_NEW: NativeSpec = def(
    "product(*iterables, repeat=1)",
    "The Cartesian product, as nested loops make it.",
    |caller, args| {
        let repeat = arguments::count(caller, &args[1], "repeat argument cannot be negative")?;
        let mut pools = Vec::new();
        if repeat > 0 {
            for iterable in star(&args[0]) {
                pools.push(protocol::collect(caller, &iterable)?);
            }
        }
        let count = pools.len();
        let pools: Vec<Vec<Value>> = (0..count * repeat)
            .map(|i| pools[i % count].clone())
            .collect();
        let places = if pools.iter().any(Vec::is_empty) {
            None
        } else {
            Some(vec![0; pools.len()])
        };
        Ok(Iter::native(Product { pools, places }))
    },
);

struct Product {
    pools: Vec<Vec<Value>>,
    /// The next tuple; `None` at the end.
    places: Option<Vec<usize>>,
}

native_iter!(Product, product_class, this => [this.pools]);

impl Product {
    fn step(&mut self, _: &mut dyn Caller) -> Result<Option<Value>> {
        let Some(places) = &mut self.places else {
            return Ok(None);
        };
        let items: Vec<Value> = places
            .iter()
            .zip(&self.pools)
            .map(|(&place, pool)| pool[place].clone())
            .collect();
        let mut i = places.len();
        loop {
            if i == 0 {
                self.places = None;
                break;
            }
            i -= 1;
            places[i] += 1;
            if places[i] < self.pools[i].len() {
                break;
            }
            places[i] = 0;
        }
        Ok(Some(Value::tuple(items)))
    }
}

/// The pool and the size of the selections.
fn pool(caller: &mut dyn Caller, iterable: &Value, size: &Value) -> Result<(Vec<Value>, usize)> {
    let pool = protocol::collect(caller, iterable)?;
    let size = if size.is_none() {
        pool.len()
    } else {
        arguments::count(caller, size, "r must be non-negative")?
    };
    Ok((pool, size))
}

static PERMUTATIONS: ClassSpec = iterator_class(
    "itertools",
    "permutations",
    PERMUTATIONS_NEW.doc,
    Some(|caller, _, args| call_spec(caller, &PERMUTATIONS_NEW, args)),
);
static PERMUTATIONS_NEW: NativeSpec = def(
    "permutations(iterable, r=None)",
    "All orders of r elements.",
    |caller, args| {
        if !args[1].is_none() && !args[1].is_int() {
            return Err(type_error("Expected int as r"));
        }
        let (pool, r) = pool(caller, &args[0], &args[1])?;
        let n = pool.len();
        let places = (r <= n).then(|| (0..n).collect());
        Ok(Iter::native(Permutations {
            cycles: (0..r.min(n)).map(|i| n - i).collect(),
            pool,
            places,
        }))
    },
);

struct Permutations {
    pool: Vec<Value>,
    places: Option<Vec<usize>>,
    cycles: Vec<usize>,
}

native_iter!(Permutations, permutations_class, this => [this.pool]);

impl Permutations {
    fn step(&mut self, _: &mut dyn Caller) -> Result<Option<Value>> {
        let Some(places) = &mut self.places else {
            return Ok(None);
        };
        let (n, r) = (places.len(), self.cycles.len());
        let items: Vec<Value> = places[..r]
            .iter()
            .map(|&place| self.pool[place].clone())
            .collect();
        let mut i = r;
        loop {
            if i == 0 {
                self.places = None;
                break;
            }
            i -= 1;
            self.cycles[i] -= 1;
            if self.cycles[i] == 0 {
                places[i..].rotate_left(1);
                self.cycles[i] = n - i;
            } else {
                places.swap(i, n - self.cycles[i]);
                break;
            }
        }
        Ok(Some(Value::tuple(items)))
    }
}

static COMBINATIONS: ClassSpec = iterator_class(
    "itertools",
    "combinations",
    COMBINATIONS_NEW.doc,
    Some(|caller, _, args| call_spec(caller, &COMBINATIONS_NEW, args)),
);
static COMBINATIONS_NEW: NativeSpec = def(
    "combinations(iterable, r)",
    "All choices of r elements, in order.",
    |caller, args| {
        let (pool, r) = pool(caller, &args[0], &args[1])?;
        let places = (r <= pool.len()).then(|| (0..r).collect());
        Ok(Iter::native(Combinations { pool, places }))
    },
);

struct Combinations {
    pool: Vec<Value>,
    places: Option<Vec<usize>>,
}

native_iter!(Combinations, combinations_class, this => [this.pool]);

impl Combinations {
    fn step(&mut self, _: &mut dyn Caller) -> Result<Option<Value>> {
        let Some(places) = &mut self.places else {
            return Ok(None);
        };
        let items: Vec<Value> = places
            .iter()
            .map(|&place| self.pool[place].clone())
            .collect();
        let (n, r) = (self.pool.len(), places.len());
        match (0..r).rev().find(|&i| places[i] != i + n - r) {
            Some(i) => {
                let first = places[i] + 1;
                places[i..]
                    .iter_mut()
                    .enumerate()
                    .for_each(|(k, place)| *place = first + k);
            }
            None => self.places = None,
        }
        Ok(Some(Value::tuple(items)))
    }
}

static WITH_REPLACEMENT: ClassSpec = iterator_class(
    "itertools",
    "combinations_with_replacement",
    WITH_REPLACEMENT_NEW.doc,
    Some(|caller, _, args| call_spec(caller, &WITH_REPLACEMENT_NEW, args)),
);
static WITH_REPLACEMENT_NEW: NativeSpec = def(
    "combinations_with_replacement(iterable, r)",
    "All choices of r elements, in order, where elements may repeat.",
    |caller, args| {
        let pool = protocol::collect(caller, &args[0])?;
        let r = arguments::count(caller, &args[1], "r must be non-negative")?;
        if r > 1 << 40 {
            return Err(value_error("r is too large"));
        }
        let places = (r == 0 || !pool.is_empty()).then(|| vec![0; r]);
        Ok(Iter::native(WithReplacement { pool, places }))
    },
);

struct WithReplacement {
    pool: Vec<Value>,
    places: Option<Vec<usize>>,
}

native_iter!(WithReplacement, with_replacement_class, this => [this.pool]);

impl WithReplacement {
    fn step(&mut self, _: &mut dyn Caller) -> Result<Option<Value>> {
        let Some(places) = &mut self.places else {
            return Ok(None);
        };
        let items: Vec<Value> = places
            .iter()
            .map(|&place| self.pool[place].clone())
            .collect();
        match (0..places.len())
            .rev()
            .find(|&i| places[i] + 1 < self.pool.len())
        {
            Some(i) => {
                let place = places[i] + 1;
                places[i..].fill(place);
            }
            None => self.places = None,
        }
        Ok(Some(Value::tuple(items)))
    }
}
