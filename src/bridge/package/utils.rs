//! `torch.utils` and what is below it.

use crate::bridge::handle;
use crate::bridge::library::{alias, below, run_source, submodule};
use crate::bridge::names;
use crate::lang::object::{Caller, Module, ModuleSpec, Ref, Result, Value, packed};

/// The modules, sorted by name.
pub(in crate::bridge) static MODULES: &[&ModuleSpec] = &[
    &UTILS,
    &FORK,
    &DATA,
    &DATALOADER,
    &DATASET,
    &SAMPLER,
    &HOOKS,
];

static UTILS: ModuleSpec = ModuleSpec {
    name: "torch.utils",
    doc: "Helpers.",
    functions: &[],
    setup: |_, module| {
        module.set("__path__", Value::list(Vec::new()));
        module.lazy.replace(Some(|caller, module, name| {
            match below(caller, module, name)? {
                Some(found) => Ok(Some(found)),
                None => names::UTILS.refuse("torch.utils", name),
            }
        }));
        Ok(())
    },
};

static FORK: ModuleSpec = ModuleSpec {
    name: "torch.utils._random",
    doc: "A random stream of its own for a while.",
    functions: &[],
    setup: |caller, module| {
        run_source(
            caller,
            module,
            "torch/random",
            &packed!("torch", "fork_rng").text(),
        )
    },
};

static DATA: ModuleSpec = ModuleSpec {
    name: "torch.utils.data",
    doc: "Datasets, samplers and loaders.",
    functions: &[],
    setup: |caller, module| {
        module.set("__path__", Value::list(Vec::new()));
        run_source(
            caller,
            module,
            "torch/utils/data",
            &packed!("torch", "data").text(),
        )?;
        module.lazy.replace(Some(|caller, module, name| {
            if name == "DistributedSampler" {
                return alias(caller, "torch.utils.data.distributed", name);
            }
            match below(caller, module, name)? {
                Some(found) => Ok(Some(found)),
                None => names::DATA.refuse("torch.utils.data", name),
            }
        }));
        Ok(())
    },
};

/// A module that offers what `torch.utils.data` has.
const fn data_part(name: &'static str) -> ModuleSpec {
    ModuleSpec {
        name,
        doc: "",
        functions: &[],
        setup: |_, module| {
            module.lazy.replace(Some(from_data));
            Ok(())
        },
    }
}

fn from_data(caller: &mut dyn Caller, _: &Ref<Module>, name: &str) -> Result<Option<Value>> {
    let data = submodule(caller, "torch.utils.data")?;
    Ok(data
        .exact::<Module>()
        .and_then(|module| module.dict.get_str(name)))
}

static DATALOADER: ModuleSpec = data_part("torch.utils.data.dataloader");
static DATASET: ModuleSpec = data_part("torch.utils.data.dataset");
static SAMPLER: ModuleSpec = data_part("torch.utils.data.sampler");

static HOOKS: ModuleSpec = ModuleSpec {
    name: "torch.utils.hooks",
    doc: "Handles of hooks.",
    functions: &[],
    setup: |_, module| {
        module.set("RemovableHandle", Value::from(&handle::handle_class()));
        Ok(())
    },
};
