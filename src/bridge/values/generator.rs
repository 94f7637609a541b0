//! `torch.Generator`: a stream of random numbers.

use crate::bridge::define::{class_of, def, getter};
use crate::bridge::error::OrRaise;
use crate::bridge::tensor::{tensor_of, tensor_value};
use crate::lang::object::native::{ClassSpec, GetSetSpec};
use crate::lang::object::{
    Args, Caller, Class, HeapType, Kind, NativeSpec, Ref, Result, Value, runtime_error, type_error,
    value_error,
};
use crate::tensor::core::{Generator, Tensor};

/// A random stream as a value.
pub(in crate::bridge) struct GeneratorObject(pub(in crate::bridge) Generator);

impl HeapType for GeneratorObject {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        generator_class()
    }
}

class_of! {
    /// `torch.Generator`
    generator_class GENERATOR;
}

static GENERATOR: ClassSpec = ClassSpec {
    name: "Generator",
    module: "torch._C",
    doc: "A stream of random numbers with a state of its own.",
    methods: METHODS,
    attributes: ATTRIBUTES,
    make: Some(make),
    solid: true,
    ..ClassSpec::EMPTY
};

fn make(_: &mut dyn Caller, _: &Ref<Class>, args: Args) -> Result<Value> {
    if let Some(device) = args.positional.first().or_else(|| args.keyword("device")) {
        crate::bridge::convert::check_device(device)?;
    }
    Ok(Value::from(Ref::new(GeneratorObject(Generator::new()))))
}

fn of(value: &Value) -> Result<&Generator> {
    value
        .get::<GeneratorObject>()
        .map(|object| &object.0)
        .ok_or_else(|| type_error("descriptor requires a 'torch._C.Generator' object"))
}

/// A seed: any integer, wrapped into 64 bits as PyTorch does.
pub(in crate::bridge) fn seed_of(caller: &mut dyn Caller, value: &Value) -> Result<u64> {
    use num_traits::ToPrimitive;
    let int = Value::from(&crate::lang::object::types().int);
    let index = caller.call_positional(&int, std::slice::from_ref(value))?;
    let big = index.as_bigint().unwrap_or_default();
    let fits = big.to_i64().map(|i| i as u64).or_else(|| big.to_u64());
    fits.ok_or_else(|| value_error("Overflow when unpacking long long"))
}

/// The state as a tensor of bytes.
pub(in crate::bridge) fn state_tensor(generator: &Generator) -> Result<Value> {
    let bytes = generator.state();
    let shape = [bytes.len()];
    Tensor::from_vec(bytes, &shape).map(tensor_value).or_raise()
}

/// Takes a state over.
pub(in crate::bridge) fn set_state(generator: &Generator, state: &Value) -> Result<()> {
    let Some(tensor) = tensor_of(state) else {
        return Err(type_error(format!(
            "expected a torch.ByteTensor, but got {}",
            state.class_name()
        )));
    };
    if tensor.dtype() != crate::tensor::array::DType::UInt8 {
        return Err(type_error("RNG state must be a torch.ByteTensor"));
    }
    if generator.set_state(&tensor.to_vec::<u8>().or_raise()?) {
        Ok(())
    } else {
        Err(runtime_error("RNG state is wrong size"))
    }
}

static METHODS: &[NativeSpec] = &[
    def(
        "manual_seed(self, seed)",
        "Seeds the stream.",
        |caller, args| {
            let seed = seed_of(caller, &args[1])?;
            of(&args[0])?.manual_seed(seed);
            Ok(args[0].clone())
        },
    ),
    def("seed(self)", "Seeds the stream by chance.", |_, args| {
        Ok(Value::Int(of(&args[0])?.seed() as i64))
    }),
    def(
        "initial_seed(self)",
        "What it was seeded with.",
        |_, args| Ok(Value::Int(of(&args[0])?.initial_seed() as i64)),
    ),
    def(
        "get_state(self)",
        "Its state as a tensor of bytes.",
        |_, args| state_tensor(of(&args[0])?),
    ),
    def(
        "set_state(self, new_state)",
        "Takes a state over.",
        |_, args| {
            set_state(of(&args[0])?, &args[1])?;
            Ok(Value::None)
        },
    ),
    def(
        "clone_state(self)",
        "A generator that goes on alike.",
        |_, args| {
            let copy = Generator::new();
            copy.set_state(&of(&args[0])?.state());
            Ok(Value::from(Ref::new(GeneratorObject(copy))))
        },
    ),
];

static ATTRIBUTES: &[GetSetSpec] = &[getter("device", "Where it is.", |_, _| {
    Ok(super::device::cpu())
})];
