//! The modules of `torch.optim`.

use super::base::optimizer_class;
use super::class::class_named;
use crate::bridge::library::{alias, run_source, submodule};
use crate::bridge::names;
use crate::lang::object::{Module, ModuleSpec, Ref, Value, packed};

/// The modules, sorted by name.
pub(in crate::bridge) static MODULES: &[&ModuleSpec] =
    &[&OPTIM, &MORE, &LR_SCHEDULER, &OPTIMIZER, &SWA];

/// Optimizers that are written in the language.
const LIBRARY: &[&str] = &["LBFGS", "Muon", "SparseAdam"];

static MORE: ModuleSpec = ModuleSpec {
    name: "torch.optim._more",
    doc: "Optimizers that are rarely used.",
    functions: &[],
    setup: |caller, module| {
        run_source(
            caller,
            module,
            "torch/optim/_more",
            &packed!("torch", "optim_more").text(),
        )
    },
};

static OPTIM: ModuleSpec = ModuleSpec {
    name: "torch.optim",
    doc: "Optimizers.",
    functions: &[],
    setup: |_, module| {
        module.set("__path__", Value::list(Vec::new()));
        add_homes(module);
        module.lazy.replace(Some(|caller, _, name| {
            if let Some(class) = class_named(name) {
                return Ok(Some(Value::from(&class)));
            }
            match name {
                name if LIBRARY.contains(&name) => alias(caller, "torch.optim._more", name),
                "__all__" => {
                    let own = ["Optimizer", "lr_scheduler"].iter().chain(LIBRARY).copied();
                    Ok(Some(names::list(own.chain(super::optimizer_names()))))
                }
                "lr_scheduler" | "optimizer" | "swa_utils" => {
                    submodule(caller, &format!("torch.optim.{name}")).map(Some)
                }
                _ => names::OPTIM.refuse("torch.optim", name),
            }
        }));
        Ok(())
    },
};

/// `torch.optim.sgd` and its neighbours: each offers the classes of `torch.optim`.
fn add_homes(package: &Ref<Module>) {
    for class in super::optimizer_names() {
        let home = class.to_lowercase();
        let module = Module::new(&format!("torch.optim.{home}"), "");
        module.lazy.replace(Some(|_, _, name| {
            Ok(class_named(name).map(|class| Value::from(&class)))
        }));
        package.set(&home, Value::from(&module));
    }
    for home in ["lbfgs", "_muon", "sparse_adam"] {
        let module = Module::new(&format!("torch.optim.{home}"), "");
        module.lazy.replace(Some(|caller, _, name| {
            if LIBRARY.contains(&name) {
                return alias(caller, "torch.optim._more", name);
            }
            Ok(None)
        }));
        package.set(home, Value::from(&module));
    }
}

static OPTIMIZER: ModuleSpec = ModuleSpec {
    name: "torch.optim.optimizer",
    doc: "The base class of optimizers.",
    functions: &[],
    setup: |_, module| {
        module.set("Optimizer", Value::from(&optimizer_class()));
        module.set("required", Value::str("<required parameter>"));
        Ok(())
    },
};

static LR_SCHEDULER: ModuleSpec = ModuleSpec {
    name: "torch.optim.lr_scheduler",
    doc: "Schedules of learning rates.",
    functions: &[],
    setup: |caller, module| {
        run_source(
            caller,
            module,
            "torch/optim/lr_scheduler",
            &packed!("torch", "lr_scheduler").text(),
        )?;
        module.lazy.replace(Some(|_, _, name| {
            names::LR_SCHEDULER.refuse("torch.optim.lr_scheduler", name)
        }));
        Ok(())
    },
};

static SWA: ModuleSpec = ModuleSpec {
    name: "torch.optim.swa_utils",
    doc: "Averages of weights.",
    functions: &[],
    setup: |caller, module| {
        run_source(
            caller,
            module,
            "torch/optim/swa_utils",
            &packed!("torch", "swa_utils").text(),
        )
    },
};
