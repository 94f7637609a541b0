//! Grad modes: `no_grad`, `enable_grad`, `set_grad_enabled`, `inference_mode`, as contexts and as decorators.

use std::cell::RefCell;
use std::rc::Rc;

use crate::bridge::define::{class_of, def, getter};
use crate::bridge::library::alias;
use crate::bridge::warning::warn_user;
use crate::lang::object::native::{ClassSpec, GetSetSpec};
use crate::lang::object::{
    Args, Caller, Class, Function, HeapType, Kind, Native, NativeSpec, Ref, Result, Value, intern,
    protocol, type_error, types,
};
use crate::tensor::core::is_grad_enabled;
use crate::tensor::core::mode::{is_inference, set_grad_enabled, set_inference};
use crate::tensor::core::watch::{Anomaly, anomaly, set_anomaly};

/// Which mode it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    NoGrad,
    EnableGrad,
    Set(bool),
    Inference(bool),
    /// Nodes note where they were made.
    Anomaly(Anomaly),
}

/// A mode on the heap.
pub(in crate::bridge) struct Mode {
    which: Which,
    class: Ref<Class>,
    /// What was on before, for each entry: grad mode, inference mode, anomaly mode.
    before: RefCell<Vec<(bool, bool, Anomaly)>>,
}

impl HeapType for Mode {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut crate::lang::object::Visit) {
        visit(self.class.as_any());
    }

    fn class(&self) -> Ref<Class> {
        self.class.clone()
    }
}

class_of! {
    base_class BASE;
    no_grad NO_GRAD, base base_class();
    enable_grad ENABLE_GRAD, base base_class();
    set_grad SET_GRAD, base base_class();
    inference_mode INFERENCE_MODE, base base_class();
    set_anomaly_class SET_ANOMALY, base base_class();
    anomaly_class ANOMALY, base base_class();
}

const fn spec(
    name: &'static str,
    module: &'static str,
    doc: &'static str,
    make: Option<crate::lang::object::class::Make>,
) -> ClassSpec {
    ClassSpec {
        name,
        module,
        doc,
        make,
        open: true,
        ..ClassSpec::EMPTY
    }
}

static BASE: ClassSpec = ClassSpec {
    name: "_DecoratorContextManager",
    open: true,
    module: "torch.utils._contextlib",
    doc: "A context manager that is a decorator as well.",
    methods: METHODS,
    attributes: ATTRIBUTES,
    solid: true,
    ..ClassSpec::EMPTY
};

static NO_GRAD: ClassSpec = spec(
    "no_grad",
    "torch.autograd.grad_mode",
    "Nothing is recorded for backward inside.",
    Some(|caller, class, args| plain(caller, class, args, Which::NoGrad)),
);

static ENABLE_GRAD: ClassSpec = spec(
    "enable_grad",
    "torch.autograd.grad_mode",
    "Operations are recorded for backward inside.",
    Some(|caller, class, args| plain(caller, class, args, Which::EnableGrad)),
);

static SET_GRAD: ClassSpec = spec(
    "set_grad_enabled",
    "torch.autograd.grad_mode",
    "Switches recording on or off, at once and for the context.",
    Some(|caller, class, args| {
        let Some(mode) = args.positional.first().or_else(|| args.keyword("mode")) else {
            return Err(type_error(
                "set_grad_enabled.__init__() missing 1 required positional argument: 'mode'",
            ));
        };
        if mode.kind() == Some(Kind::Function) {
            // As a decorator without call it is an error in PyTorch, too.
            return Err(type_error("set_grad_enabled() takes a bool"));
        }
        let on = protocol::truth(caller, mode)?;
        let made = new(class, Which::Set(on));
        if let Some(mode) = made.exact::<Mode>() {
            enter(mode);
        }
        Ok(made)
    }),
);

static INFERENCE_MODE: ClassSpec = spec(
    "inference_mode",
    "torch.autograd.grad_mode",
    "Like `no_grad`, for code that never needs a gradient.",
    Some(|caller, class, args| {
        let mode = args.positional.first().or_else(|| args.keyword("mode"));
        match mode {
            Some(function) if protocol::is_callable(function) => {
                decorated(caller, &new(class, Which::Inference(true)), function)
            }
            Some(mode) => {
                let on = protocol::truth(caller, mode)?;
                Ok(new(class, Which::Inference(on)))
            }
            None => Ok(new(class, Which::Inference(true))),
        }
    }),
);

static SET_ANOMALY: ClassSpec = spec(
    "set_detect_anomaly",
    "torch.autograd.anomaly_mode",
    "Looks for anomalies or not, at once and for the context.",
    Some(|caller, class, args| {
        let Some(mode) = args.positional.first().or_else(|| args.keyword("mode")) else {
            return Err(type_error(
                "set_detect_anomaly.__init__() missing 1 required positional argument: 'mode'",
            ));
        };
        let on = protocol::truth(caller, mode)?;
        let check_nan = checks_numbers(caller, args, 1)?;
        let made = new(
            class,
            Which::Anomaly(Anomaly {
                on,
                check_nan: on && check_nan,
            }),
        );
        if let Some(mode) = made.exact::<Mode>() {
            enter(mode);
        }
        Ok(made)
    }),
);

fn checks_numbers(caller: &mut dyn Caller, args: Args, place: usize) -> Result<bool> {
    let given = args
        .positional
        .get(place)
        .or_else(|| args.keyword("check_nan"));
    given.map_or(Ok(true), |value| protocol::truth(caller, value))
}

static ANOMALY: ClassSpec = spec(
    "detect_anomaly",
    "torch.autograd.anomaly_mode",
    "Errors of backward say where the forward operation was, and gradients that are not numbers are errors.",
    Some(|caller, class, args| {
        warn_user(
            caller,
            "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for debugging.",
        )?;
        let check_nan = checks_numbers(caller, args, 0)?;
        Ok(new(
            class,
            Which::Anomaly(Anomaly {
                on: true,
                check_nan,
            }),
        ))
    }),
);

/// The class of a mode by its name in `torch`.
pub(in crate::bridge) fn mode_class(name: &str) -> Option<Value> {
    Some(Value::from(match name {
        "no_grad" => no_grad(),
        "enable_grad" => enable_grad(),
        "set_grad_enabled" => set_grad(),
        "inference_mode" => inference_mode(),
        "set_detect_anomaly" => set_anomaly_class(),
        "detect_anomaly" => anomaly_class(),
        _ => return None,
    }))
}

fn new(class: &Ref<Class>, which: Which) -> Value {
    Value::from(Ref::new(Mode {
        which,
        class: class.clone(),
        before: RefCell::default(),
    }))
}

/// `no_grad()` or, as a decorator without call, `no_grad(function)`.
fn plain(caller: &mut dyn Caller, class: &Ref<Class>, args: Args, which: Which) -> Result<Value> {
    let mode = new(class, which);
    match args.positional.first() {
        Some(function) => decorated(caller, &mode, function),
        None => Ok(mode),
    }
}

fn enter(mode: &Mode) {
    mode.before
        .borrow_mut()
        .push((is_grad_enabled(), is_inference(), anomaly()));
    match mode.which {
        Which::NoGrad => _ = set_grad_enabled(false),
        Which::EnableGrad => _ = set_grad_enabled(true),
        Which::Set(on) => _ = set_grad_enabled(on),
        Which::Inference(true) => {
            set_grad_enabled(false);
            set_inference(true);
        }
        Which::Inference(false) => _ = set_inference(false),
        Which::Anomaly(mode) => _ = set_anomaly(mode),
    }
}

fn leave(mode: &Mode) {
    let before = mode.before.borrow_mut().pop();
    if let Some((grad, inference, anomaly)) = before {
        set_anomaly(anomaly);
        set_grad_enabled(grad);
        set_inference(inference);
    }
}

fn of(value: &Value) -> Result<&Ref<Mode>> {
    match value.get::<Mode>() {
        Some(mode) => Ok(mode),
        None => Err(type_error("a grad mode is expected")),
    }
}

/// A function that runs in the mode.
fn decorated(caller: &mut dyn Caller, mode: &Value, function: &Value) -> Result<Value> {
    if function
        .exact::<Function>()
        .is_some_and(|f| f.code.flags.generator)
        && let Some(wrap) = alias(caller, "torch.autograd.extras", "_generator_in")?
    {
        return caller.call_positional(&wrap, &[mode.clone(), function.clone()]);
    }
    let (mode, inner) = (mode.clone(), function.clone());
    let name = match function.exact::<Function>() {
        Some(function) => function.name(),
        None => intern("wrapper"),
    };
    let doc = function
        .exact::<Function>()
        .and_then(|f| f.doc().as_str().map(str::to_string));
    let run = move |caller: &mut dyn Caller, args: Args| {
        let mode = of(&mode)?;
        enter(mode);
        let result = caller.call(&inner, args);
        leave(mode);
        result
    };
    Ok(Value::from(Native::raw(
        name,
        &doc.unwrap_or_default(),
        None,
        true,
        Rc::new(run),
    )))
}

static METHODS: &[NativeSpec] = &[
    def("__enter__(self)", "Switches the mode.", |_, args| {
        let mode = of(&args[0])?;
        match mode.which {
            // These were entered when they were made.
            Which::Set(on) => _ = set_grad_enabled(on),
            Which::Anomaly(kind) if mode.class.same(&set_anomaly_class()) => _ = set_anomaly(kind),
            _ => enter(mode),
        }
        Ok(Value::None)
    }),
    def(
        "__exit__(self, exc_type, exc_value, traceback)",
        "Switches back.",
        |_, args| {
            leave(of(&args[0])?);
            Ok(Value::Bool(false))
        },
    ),
    def(
        "__call__(self, orig_func)",
        "The function, run in this mode.",
        |caller, args| {
            let mode = of(&args[0])?;
            if matches!(mode.which, Which::Set(_)) {
                leave(mode);
            }
            decorated(caller, &args[0], &args[1])
        },
    ),
    def("__repr__(self)", "Its text.", |caller, args| {
        let mode = of(&args[0])?;
        match mode.which {
            Which::Set(on) => Ok(Value::str(format!(
                "torch.autograd.grad_mode.set_grad_enabled(mode={})",
                if on { "True" } else { "False" }
            ))),
            _ => {
                let name = intern("__repr__");
                let object = Value::from(&types().object);
                let plain = protocol::get_attr(caller, &object, &name)?;
                caller.call_positional(&plain, &args[..1])
            }
        }
    }),
    def("clone(self)", "The same mode.", |_, args| {
        let mode = of(&args[0])?;
        Ok(new(&mode.class, mode.which))
    }),
];

static ATTRIBUTES: &[GetSetSpec] = &[getter("mode", "Whether it is on.", |_, this| {
    Ok(Value::Bool(match of(this)?.which {
        Which::NoGrad => false,
        Which::EnableGrad => true,
        Which::Set(on) | Which::Inference(on) => on,
        Which::Anomaly(mode) => mode.on,
    }))
})];
