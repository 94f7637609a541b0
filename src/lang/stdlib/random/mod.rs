//! `random`: CPython's own stream of numbers.

mod choice;
mod distributions;
mod generator;
mod methods;
mod twister;

use std::cell::OnceCell;

use super::super::object::{Caller, Method, ModuleSpec, Ref, Result, Value, intern};
use generator::{Random, Source};

thread_local! {
    static SHARED: OnceCell<Ref<Random>> = const { OnceCell::new() };
}

/// The generator behind the module's functions.
fn shared(caller: &mut dyn Caller) -> Result<Ref<Random>> {
    if let Some(random) = SHARED.with(|shared| shared.get().cloned()) {
        return Ok(random);
    }
    let seed = generator::seed_number(caller, &Value::None, 2)?;
    let random = Random::new(Source::Twister(Box::new(twister::Twister::seeded(&seed))));
    Ok(SHARED.with(|shared| shared.get_or_init(|| random).clone()))
}

/// Seeds the stream behind the module's functions, as `random.seed(seed)` does.
pub fn seed(seed: i64) {
    let seed = num_traits::Signed::abs(&num_bigint::BigInt::from(seed));
    SHARED.with(|shared| match shared.get() {
        Some(random) => random.seed(&seed),
        None => {
            let source = Source::Twister(Box::new(twister::Twister::seeded(&seed)));
            _ = shared.set(Random::new(source));
        }
    });
}

/// `random`
pub(super) static RANDOM: ModuleSpec = ModuleSpec {
    name: "random",
    doc: "Random numbers by MT19937, the same as CPython's for the same seed.",
    functions: &[],
    setup: |caller, module| {
        let receiver = Value::from(shared(caller)?);
        let class = generator::random_class();
        for spec in methods::METHODS {
            let name = &spec.signature[..spec.signature.find('(').unwrap_or(0)];
            if !name.starts_with('_')
                && let Some(function) = class.own(&intern(name))
            {
                module.set(
                    name,
                    Value::from(Ref::new(Method {
                        function,
                        receiver: receiver.clone(),
                    })),
                );
            }
        }
        module.set("Random", Value::from(&class));
        module.set("SystemRandom", Value::from(&generator::system_class()));
        module.set("TWOPI", std::f64::consts::TAU);
        module.set("LOG4", 4.0_f64.ln());
        module.set("BPF", Value::Int(53));
        Ok(())
    },
};

#[cfg(test)]
mod tests {
    use super::twister::Twister;
    use num_bigint::BigInt;

    #[test]
    fn the_stream_is_cpythons() {
        // python3 -c "import random; random.seed(0); print([random.getrandbits(32) for _ in range(3)])"
        let mut twister = Twister::seeded(&BigInt::from(0));
        assert_eq!(
            [twister.next(), twister.next(), twister.next()],
            [3_626_764_237, 1_654_615_998, 3_255_389_356]
        );
    }
}
