//! `torch.device`

use crate::bridge::define::{class_of, def, getter};
use crate::bridge::error::OrRaise;
use crate::lang::object::native::{ClassSpec, GetSetSpec};
use crate::lang::object::{
    Args, Caller, Class, HeapType, Kind, NativeSpec, Ref, Result, Value, intern, protocol,
    runtime_error, type_error,
};

/// A place where tensors may live.
pub(in crate::bridge) struct DeviceObject {
    /// `cpu`, `cuda` ...
    pub(in crate::bridge) kind: String,
    /// Which one of its kind.
    pub(in crate::bridge) index: Option<i64>,
}

impl HeapType for DeviceObject {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = false;

    fn class(&self) -> Ref<Class> {
        device_class()
    }
}

class_of! {
    /// `torch.device`
    device_class DEVICE;
}

static DEVICE: ClassSpec = ClassSpec {
    name: "device",
    module: "torch",
    doc: "The device on which a tensor is or will be.",
    methods: METHODS,
    attributes: ATTRIBUTES,
    make: Some(make),
    solid: true,
    ..ClassSpec::EMPTY
};

const KINDS: &[&str] = &[
    "cpu",
    "cuda",
    "ipu",
    "xpu",
    "mkldnn",
    "opengl",
    "opencl",
    "ideep",
    "hip",
    "ve",
    "fpga",
    "maia",
    "xla",
    "lazy",
    "vulkan",
    "mps",
    "meta",
    "hpu",
    "mtia",
    "privateuseone",
];

/// The CPU.
pub(in crate::bridge) fn cpu() -> Value {
    thread_local! {
        static CPU: Value = Value::from(Ref::new(DeviceObject { kind: "cpu".into(), index: None }));
    }
    CPU.with(Clone::clone)
}

/// The device that a text such as `cuda:0` names.
pub(in crate::bridge) fn parse(text: &str) -> Result<DeviceObject> {
    if text.is_empty() {
        return Err(runtime_error("Device string must not be empty"));
    }
    let (kind, index) = match text.split_once(':') {
        Some((kind, index)) => (kind, Some(index)),
        None => (text, None),
    };
    if !KINDS.contains(&kind) {
        return Err(runtime_error(format!(
            "Expected one of {} device type at start of device string: {text}",
            KINDS.join(", ")
        )));
    }
    let index = match index {
        None => None,
        Some(digits) => match digits.parse::<i64>() {
            Ok(index)
                if digits.bytes().all(|b| b.is_ascii_digit())
                    && (digits == "0" || !digits.starts_with('0')) =>
            {
                Some(index)
            }
            _ => return Err(runtime_error(format!("Invalid device string: '{text}'"))),
        },
    };
    let kind = kind.to_string();
    Ok(DeviceObject { kind, index })
}

fn make(_: &mut dyn Caller, _: &Ref<Class>, args: Args) -> Result<Value> {
    let named = ["device", "type"]
        .iter()
        .find_map(|name| args.keyword(name));
    let first = args.positional.first().or(named);
    let index = args
        .positional
        .get(1)
        .or_else(|| args.keyword("index"))
        .filter(|v| !v.is_none());
    if let Some(device) = first.filter(|v| v.exact::<DeviceObject>().is_some()) {
        return Ok(device.clone());
    }
    let Some(text) = first.and_then(Value::as_str) else {
        let got = first.map_or_else(String::new, Value::class_name);
        return Err(type_error(format!(
            "device() received an invalid combination of arguments - got ({got}), but expected one of:\n * (torch.device device)\n      didn't match because some of the arguments have invalid types: (!{got}!)\n * (str type, int index = -1)\n"
        )));
    };
    let mut device = parse(text)?;
    if let Some(index) = index {
        if device.index.is_some() {
            return Err(runtime_error(format!(
                "type (string) must not include an index because index was passed explicitly: {text}"
            )));
        }
        device.index = index.as_int();
    }
    Ok(Value::from(Ref::new(device)))
}

impl DeviceObject {
    /// `cuda:0`
    pub(in crate::bridge) fn text(&self) -> String {
        match self.index {
            Some(index) => format!("{}:{index}", self.kind),
            None => self.kind.clone(),
        }
    }

    /// Refuses every device but the CPU.
    pub(in crate::bridge) fn check(&self) -> Result<()> {
        crate::tensor::ops::args::check_device(&self.text()).or_raise()
    }
}

fn of(value: &Value) -> Result<&Ref<DeviceObject>> {
    value
        .exact::<DeviceObject>()
        .ok_or_else(|| type_error("descriptor requires a 'torch.device' object"))
}

static METHODS: &[NativeSpec] = &[
    def("__repr__(self, /)", "Its text.", |_, args| {
        let device = of(&args[0])?;
        Ok(Value::str(match device.index {
            Some(index) => format!("device(type='{}', index={index})", device.kind),
            None => format!("device(type='{}')", device.kind),
        }))
    }),
    def("__str__(self, /)", "Its short text.", |_, args| {
        Ok(Value::str(of(&args[0])?.text()))
    }),
    def(
        "__eq__(self, other, /)",
        "Whether it is the same device.",
        |_, args| {
            let this = of(&args[0])?;
            Ok(match args[1].exact::<DeviceObject>() {
                Some(other) => Value::Bool(this.text() == other.text()),
                None => Value::NotImplemented,
            })
        },
    ),
    def("__hash__(self, /)", "Its hash.", |caller, args| {
        let text = Value::str(of(&args[0])?.text());
        protocol::hash(caller, &text).map(Value::Int)
    }),
    def(
        "__enter__(self, /)",
        "New tensors are made on it.",
        |_, args| {
            of(&args[0])?.check()?;
            Ok(args[0].clone())
        },
    ),
    def(
        "__exit__(self, kind, value, traceback, /)",
        "The end.",
        |_, _| Ok(Value::None),
    ),
    def(
        "__reduce__(self, /)",
        "How it is made anew.",
        |caller, args| {
            let mut parts = vec![protocol::get_attr(caller, &args[0], &intern("type"))?];
            let index = protocol::get_attr(caller, &args[0], &intern("index"))?;
            if !index.is_none() {
                parts.push(index);
            }
            Ok(Value::tuple([
                Value::from(&device_class()),
                Value::tuple(parts),
            ]))
        },
    ),
    def("__deepcopy__(self, memo, /)", "Itself.", |_, args| {
        Ok(args[0].clone())
    }),
];

static ATTRIBUTES: &[GetSetSpec] = &[
    getter("type", "Its kind.", |_, this| {
        Ok(Value::str(of(this)?.kind.as_str()))
    }),
    getter("index", "Which one of its kind.", |_, this| {
        Ok(of(this)?.index.map_or(Value::None, Value::Int))
    }),
];
