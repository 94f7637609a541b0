//! What greets people at the prompt: `exit` and `quit`, `copyright`, `credits` and `license`, which say what they are
//! for when they are shown.

use std::cell::OnceCell;

use crate::lang::object::heap::{HeapType, Visit};
use crate::lang::object::native::{ClassSpec, GetSetSpec, NativeSpec, define_class, receiver};
use crate::lang::object::{Caller, Class, Exc, Kind, Raised, Ref, Result, Value, types};

/// An object of a name that is called to leave, or to be told something.
pub(super) struct Site {
    pub(super) name: &'static str,
    /// What a call prints; one without leaves the program.
    text: Option<&'static str>,
}

pub(super) const ALL: [Site; 5] = [
    Site {
        name: "exit",
        text: None,
    },
    Site {
        name: "quit",
        text: None,
    },
    Site {
        name: "copyright",
        text: Some("Copyright (c) the Torchlet authors."),
    },
    Site {
        name: "credits",
        text: Some(
            "Torchlet speaks the languages of Python and PyTorch: thanks to all who made them.",
        ),
    },
    Site {
        name: "license",
        text: Some(
            "Torchlet may be used under the MIT license or the Apache License 2.0, at your choice.",
        ),
    },
];

thread_local! {
    static CLASSES: [OnceCell<Ref<Class>>; 2] = const { [const { OnceCell::new() }; 2] };
}

impl HeapType for Site {
    const KIND: Kind = Kind::Foreign;
    const TRACED: bool = false;

    fn trace(&self, _: &mut Visit) {}

    fn class(&self) -> Ref<Class> {
        let (place, spec) = match self.text {
            None => (0, &QUITTER),
            Some(_) => (1, &PRINTER),
        };
        let define = || define_class(spec, std::slice::from_ref(&types().object), None);
        CLASSES.with(|classes| classes[place].get_or_init(define).clone())
    }
}

static QUITTER: ClassSpec = ClassSpec {
    name: "Quitter",
    module: "_sitebuiltins",
    doc: "Leave the program.",
    methods: &[
        REPR,
        NativeSpec::new("__call__(self, code=None)", "Leave the program.", leave),
    ],
    attributes: &[GetSetSpec::new("name", "The name.", |_, v| {
        Ok(Value::str(receiver::<Site>(v)?.name))
    })],
    ..ClassSpec::EMPTY
};

static PRINTER: ClassSpec = ClassSpec {
    name: "_Printer",
    module: "_sitebuiltins",
    doc: "Print a notice.",
    methods: &[
        REPR,
        NativeSpec::new("__call__(self)", "Print the notice.", |caller, a| {
            let text = receiver::<Site>(&a[0])?.text.unwrap_or_default();
            let mut output = caller.session().output.borrow_mut();
            output.write(text)?;
            output.write("\n")?;
            Ok(Value::None)
        }),
    ],
    ..ClassSpec::EMPTY
};

const REPR: NativeSpec = NativeSpec::new("__repr__(self, /)", "Return repr(self).", |_, a| {
    let site = receiver::<Site>(&a[0])?;
    Ok(Value::from(match site.text {
        None => format!("Use {}() or Ctrl-D (i.e. EOF) to exit", site.name),
        Some(_) if site.name == "license" => {
            "Type license() to see the full license text".to_string()
        }
        Some(text) => text.to_string(),
    }))
});

fn leave(_: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let args = if args[1].is_none() {
        Vec::new()
    } else {
        vec![args[1].clone()]
    };
    Err(Raised::with_args(Exc::SystemExit, args))
}
