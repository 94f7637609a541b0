//! The methods of `Random`.

use super::{choice, distributions, generator};
use crate::lang::object::native::ClassSpec;
use crate::lang::object::{Caller, NativeSpec, Result, Value, protocol, value_error};
use crate::lang::stdlib::arguments::{self, number};
use crate::lang::stdlib::define::def;
use generator::{Random, Source};

/// `random.Random`
pub(super) static RANDOM: ClassSpec = ClassSpec {
    name: "Random",
    open: true,
    module: "random",
    doc: "A stream of random numbers (MT19937), the same as CPython's for the same seed.",
    methods: METHODS,
    make: Some(generator::make),
    solid: true,
    ..ClassSpec::EMPTY
};

/// `random.SystemRandom`
pub(super) static SYSTEM_RANDOM: ClassSpec = ClassSpec {
    name: "SystemRandom",
    open: true,
    module: "random",
    doc: "Random numbers of the operating system.",
    make: Some(generator::make),
    ..ClassSpec::EMPTY
};

/// A distribution with one parameter.
macro_rules! real1 {
    ($signature:literal, $doc:literal, $f:expr) => {
        def($signature, $doc, |caller, args| {
            let a = number(caller, &args[1])?;
            let f: fn(&mut dyn Caller, &Value, f64) -> Result<f64> = $f;
            f(caller, &args[0], a).map(Value::Float)
        })
    };
}

/// A distribution with two parameters.
macro_rules! real2 {
    ($signature:literal, $doc:literal, $f:expr) => {
        def($signature, $doc, |caller, args| {
            let (a, b) = (number(caller, &args[1])?, number(caller, &args[2])?);
            let f: fn(&mut dyn Caller, &Value, f64, f64) -> Result<f64> = $f;
            f(caller, &args[0], a, b).map(Value::Float)
        })
    };
}

/// The methods, of which those without underscores are also the module's functions.
pub(super) static METHODS: &[NativeSpec] = &[
    def(
        "__init__(self, x=None)",
        "Seeds the stream.",
        |caller, args| {
            protocol::call_method(caller, &args[0], "seed", &args[1..2])?;
            Ok(Value::None)
        },
    ),
    def(
        "__getstate__(self)",
        "The state of the stream.",
        |_, args| generator::state(&args[0]),
    ),
    def(
        "__setstate__(self, state)",
        "Sets the state of the stream.",
        |caller, args| generator::set_state(caller, &args[0], &args[1]).map(|()| Value::None),
    ),
    def(
        "__deepcopy__(self, memo, /)",
        "A stream that goes on alike.",
        |_, args| {
            let random = Random::of(&args[0])?;
            let source = match &*random.source.borrow() {
                Source::Twister(twister) => Source::Twister(twister.clone()),
                Source::System => Source::System,
            };
            let copy = Random::new(source);
            copy.gauss_next.set(random.gauss_next.get());
            Ok(Value::from(copy))
        },
    ),
    real2!(
        "betavariate(self, alpha, beta)",
        "A number of the beta distribution.",
        distributions::beta
    ),
    def(
        "choice(self, seq)",
        "A random element of a sequence.",
        |caller, args| choice::one(caller, &args[0], &args[1]),
    ),
    def(
        "choices(self, population, weights=None, *, cum_weights=None, k=1)",
        "A list of k random elements, with repetition, by weight if there are weights.",
        |caller, args| choice::several(caller, &args[0], &args[1], &args[2], &args[3], &args[4]),
    ),
    real1!(
        "expovariate(self, lambd)",
        "A number of the exponential distribution.",
        distributions::exponential
    ),
    real2!(
        "gammavariate(self, alpha, beta)",
        "A number of the gamma distribution.",
        distributions::gamma
    ),
    real2!(
        "gauss(self, mu=0.0, sigma=1.0)",
        "A number of the normal distribution; two are made at a time.",
        distributions::gauss
    ),
    def(
        "getrandbits(self, k, /)",
        "An integer of k random bits.",
        |caller, args| {
            let k = arguments::int(caller, &args[1])?;
            let k =
                u64::try_from(k).map_err(|_| value_error("number of bits must be non-negative"))?;
            Random::of(&args[0])?.bits(k).map(generator::whole)
        },
    ),
    def(
        "getstate(self)",
        "The state of the stream, for setstate().",
        |_, args| generator::state(&args[0]),
    ),
    real2!(
        "lognormvariate(self, mu, sigma)",
        "A number whose logarithm is normally distributed.",
        |caller, this, mu, sigma| distributions::normal(caller, this, mu, sigma).map(f64::exp)
    ),
    real2!(
        "normalvariate(self, mu=0.0, sigma=1.0)",
        "A number of the normal distribution.",
        distributions::normal
    ),
    real1!(
        "paretovariate(self, alpha)",
        "A number of the Pareto distribution.",
        distributions::pareto
    ),
    def("randbytes(self, n)", "n random bytes.", |caller, args| {
        let n = arguments::int(caller, &args[1])?;
        let n =
            usize::try_from(n).map_err(|_| value_error("number of bits must be non-negative"))?;
        let mut bytes = Random::of(&args[0])?.bits(n as u64 * 8)?.to_bytes_le().1;
        bytes.resize(n, 0);
        Ok(arguments::new_bytes(bytes))
    }),
    def(
        "randint(self, a, b)",
        "A random integer from a to b, both included.",
        |caller, args| {
            let past = protocol::binary(
                caller,
                crate::lang::object::code::BinOp::Add,
                &args[2],
                &Value::Int(1),
            )?;
            choice::range(caller, &args[0], &args[1], &past, &Value::Int(1))
        },
    ),
    def(
        "random(self, /)",
        "A random number from 0.0 up to but not 1.0.",
        |_, args| Random::of(&args[0])?.unit().map(Value::Float),
    ),
    def(
        "randrange(self, start, stop=None, step=1)",
        "A random element of range(start, stop, step).",
        |caller, args| choice::range(caller, &args[0], &args[1], &args[2], &args[3]),
    ),
    def(
        "sample(self, population, k, *, counts=None)",
        "A list of k random elements at different places.",
        |caller, args| choice::sample(caller, &args[0], &args[1], &args[2], &args[3]),
    ),
    def(
        "seed(self, a=None, version=2)",
        "Begins the stream anew; the same seed gives the same numbers.",
        |caller, args| {
            let version = arguments::int(caller, &args[2])?;
            let seed = generator::seed_number(caller, &args[1], version)?;
            Random::of(&args[0])?.seed(&seed);
            Ok(Value::None)
        },
    ),
    def(
        "setstate(self, state)",
        "Goes back to a state that getstate() gave.",
        |caller, args| generator::set_state(caller, &args[0], &args[1]).map(|()| Value::None),
    ),
    def(
        "shuffle(self, x)",
        "Puts a list into random order, in place.",
        |caller, args| choice::shuffle(caller, &args[0], &args[1]).map(|()| Value::None),
    ),
    def(
        "triangular(self, low=0.0, high=1.0, mode=None)",
        "A number of the triangular distribution.",
        |caller, args| {
            let (low, high) = (number(caller, &args[1])?, number(caller, &args[2])?);
            let mode = if args[3].is_none() {
                None
            } else {
                Some(number(caller, &args[3])?)
            };
            let drawn = distributions::triangular(caller, &args[0], low, high, mode)?;
            Ok(drawn.map_or_else(|| args[1].clone(), Value::Float))
        },
    ),
    real2!(
        "uniform(self, a, b)",
        "A random number between a and b.",
        distributions::uniform
    ),
    real2!(
        "vonmisesvariate(self, mu, kappa)",
        "An angle of the von Mises distribution.",
        distributions::von_mises
    ),
    real2!(
        "weibullvariate(self, alpha, beta)",
        "A number of the Weibull distribution.",
        distributions::weibull
    ),
];
