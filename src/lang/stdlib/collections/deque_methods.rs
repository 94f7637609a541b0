//! The methods of `deque`.

use std::collections::VecDeque;

use super::deque::{Deque, fill, iterate, make};
use crate::lang::object::code::CmpOp;
use crate::lang::object::native::{ClassSpec, GetSetSpec};
use crate::lang::object::{
    Caller, NativeSpec, Ref, Result, Value, index_error, protocol, type_error, value_error,
};
use crate::lang::stdlib::arguments;
use crate::lang::stdlib::define::def;

/// `collections.deque`
pub(super) static DEQUE: ClassSpec = ClassSpec {
    name: "deque",
    module: "collections",
    doc: "A queue with two ends, and with a limit if maxlen is given.",
    methods: METHODS,
    class_methods: &[def(
        "__class_getitem__(cls, item, /)",
        "The class itself.",
        |_, args| Ok(args[0].clone()),
    )],
    attributes: &[GetSetSpec {
        name: "maxlen",
        doc: "The most elements it keeps.",
        get: |_, this| {
            Ok(Deque::of(this)?
                .limit
                .get()
                .map_or(Value::None, Value::from))
        },
        set: None,
    }],
    make: Some(make),
    solid: true,
    unhashable: true,
    ..ClassSpec::EMPTY
};

/// The place of an index.
fn place(caller: &mut dyn Caller, deque: &Ref<Deque>, index: &Value) -> Result<usize> {
    let index = match index.is_int() {
        true => arguments::int(caller, index)?,
        false => {
            let shown = index.class_name();
            protocol::as_index(caller, index)
                .map_err(|_| type_error(format!("sequence index must be integer, not '{shown}'")))?
                .as_int()
                .unwrap_or(i64::MAX)
        }
    };
    protocol::clamp_index(index, deque.len()).ok_or_else(|| index_error("deque index out of range"))
}

fn same_kind(deque: &Ref<Deque>, items: VecDeque<Value>) -> Value {
    Value::from(Deque::with(items, deque.limit.get()))
}

fn copy(caller: &mut dyn Caller, args: &[Value]) -> Result<Value> {
    let deque = Deque::of(&args[0])?;
    let class = args[0].class();
    if class.native {
        return Ok(same_kind(&deque, deque.items.borrow().clone()));
    }
    let limit = deque.limit.get();
    let mut positional = vec![args[0].clone()];
    positional.extend(limit.map(Value::from));
    caller.call_positional(&Value::from(class), &positional)
}

macro_rules! comparison {
    ($signature:literal, $op:ident) => {
        def(
            $signature,
            "Compares element by element.",
            |caller, args| compare(caller, CmpOp::$op, args),
        )
    };
}

static METHODS: &[NativeSpec] = &[
    def(
        "__init__(self, iterable=..., maxlen=None)",
        "Fills the deque.",
        |caller, args| {
            fill(caller, &Deque::of(&args[0])?, &args[1], &args[2]).map(|()| Value::None)
        },
    ),
    def(
        "__add__(self, value, /)",
        "A deque of the elements of both.",
        |caller, args| {
            let deque = Deque::of(&args[0])?;
            if args[1].get::<Deque>().is_none() {
                return Err(type_error(format!(
                    "can only concatenate deque (not \"{}\") to deque",
                    args[1].class_name()
                )));
            }
            let sum = Deque::with(deque.items.borrow().clone(), deque.limit.get());
            sum.extend(caller, &args[1], false)?;
            Ok(Value::from(sum))
        },
    ),
    def(
        "__bool__(self, /)",
        "Whether it has elements.",
        |_, args| Ok(Value::Bool(Deque::of(&args[0])?.len() > 0)),
    ),
    def(
        "__contains__(self, key, /)",
        "Whether an element is equal.",
        |caller, args| {
            let mut found = false;
            Deque::of(&args[0])?.visit(caller, |caller, _, item| {
                found = protocol::identical_or_equal(caller, item, &args[1])?;
                Ok(!found)
            })?;
            Ok(Value::Bool(found))
        },
    ),
    def("__copy__(self)", "A shallow copy.", copy),
    def(
        "__delitem__(self, key, /)",
        "Takes out the element at a place.",
        |caller, args| {
            let deque = Deque::of(&args[0])?;
            let place = place(caller, &deque, &args[1])?;
            deque.touch();
            let gone = deque.items.borrow_mut().remove(place);
            drop(gone);
            Ok(Value::None)
        },
    ),
    comparison!("__eq__(self, value, /)", Eq),
    comparison!("__ge__(self, value, /)", Ge),
    def(
        "__getitem__(self, key, /)",
        "The element at a place.",
        |caller, args| {
            let deque = Deque::of(&args[0])?;
            let place = place(caller, &deque, &args[1])?;
            Ok(deque.items.borrow()[place].clone())
        },
    ),
    comparison!("__gt__(self, value, /)", Gt),
    def(
        "__iadd__(self, value, /)",
        "Adds the elements of an iterable.",
        |caller, args| {
            Deque::of(&args[0])?.extend(caller, &args[1], false)?;
            Ok(args[0].clone())
        },
    ),
    def(
        "__imul__(self, value, /)",
        "Repeats the elements.",
        |caller, args| {
            let deque = Deque::of(&args[0])?;
            let items = repeated(caller, &deque, &args[1])?;
            deque.touch();
            let old = deque.items.replace(items);
            drop(old);
            Ok(args[0].clone())
        },
    ),
    def(
        "__iter__(self, /)",
        "An iterator over the elements.",
        |_, args| Ok(iterate(Deque::of(&args[0])?, false)),
    ),
    comparison!("__le__(self, value, /)", Le),
    def(
        "__len__(self, /)",
        "How many elements there are.",
        |_, args| Ok(Value::from(Deque::of(&args[0])?.len())),
    ),
    comparison!("__lt__(self, value, /)", Lt),
    def(
        "__mul__(self, value, /)",
        "A deque of the elements repeated.",
        |caller, args| {
            let deque = Deque::of(&args[0])?;
            let items = repeated(caller, &deque, &args[1])?;
            Ok(same_kind(&deque, items))
        },
    ),
    comparison!("__ne__(self, value, /)", Ne),
    def("__reduce__(self, /)", "How it is made anew.", |_, args| {
        let deque = Deque::of(&args[0])?;
        let items = Value::list(deque.items.borrow().iter().cloned().collect());
        let mut arguments = vec![items];
        arguments.extend(deque.limit.get().map(Value::from));
        Ok(Value::tuple([
            Value::from(args[0].class()),
            Value::tuple(arguments),
        ]))
    }),
    def(
        "__repr__(self, /)",
        "The text that stands for it.",
        |caller, args| {
            let deque = Deque::of(&args[0])?;
            let items = Value::list(deque.items.borrow().iter().cloned().collect());
            let Some(_entered) = protocol::enter(&args[0]) else {
                return Ok(Value::str("[...]"));
            };
            let shown = protocol::repr(caller, &items)?;
            let limit = deque
                .limit
                .get()
                .map_or(String::new(), |limit| format!(", maxlen={limit}"));
            Ok(Value::str(format!(
                "{}({shown}{limit})",
                args[0].class().name()
            )))
        },
    ),
    def(
        "__reversed__(self)",
        "An iterator from the right end.",
        |_, args| Ok(iterate(Deque::of(&args[0])?, true)),
    ),
    def(
        "__rmul__(self, value, /)",
        "A deque of the elements repeated.",
        |caller, args| {
            let deque = Deque::of(&args[0])?;
            let items = repeated(caller, &deque, &args[1])?;
            Ok(same_kind(&deque, items))
        },
    ),
    def(
        "__setitem__(self, key, value, /)",
        "Replaces the element at a place.",
        |caller, args| {
            let deque = Deque::of(&args[0])?;
            let place = place(caller, &deque, &args[1])?;
            let old = std::mem::replace(&mut deque.items.borrow_mut()[place], args[2].clone());
            drop(old);
            Ok(Value::None)
        },
    ),
    def(
        "append(self, item, /)",
        "Adds an element at the right end.",
        |_, args| {
            Deque::of(&args[0])?.push(args[1].clone());
            Ok(Value::None)
        },
    ),
    def(
        "appendleft(self, item, /)",
        "Adds an element at the left end.",
        |_, args| {
            Deque::of(&args[0])?.push_left(args[1].clone());
            Ok(Value::None)
        },
    ),
    def("clear(self)", "Takes all elements out.", |_, args| {
        let deque = Deque::of(&args[0])?;
        deque.touch();
        let old = deque.items.take();
        drop(old);
        Ok(Value::None)
    }),
    def("copy(self)", "A shallow copy.", copy),
    def(
        "count(self, value, /)",
        "How many elements are equal.",
        |caller, args| {
            let mut count = 0;
            Deque::of(&args[0])?.visit(caller, |caller, _, item| {
                count += i64::from(protocol::identical_or_equal(caller, item, &args[1])?);
                Ok(true)
            })?;
            Ok(Value::Int(count))
        },
    ),
    def(
        "extend(self, iterable, /)",
        "Adds elements at the right end.",
        |caller, args| {
            Deque::of(&args[0])?
                .extend(caller, &args[1], false)
                .map(|()| Value::None)
        },
    ),
    def(
        "extendleft(self, iterable, /)",
        "Adds elements at the left end, one after the other.",
        |caller, args| {
            Deque::of(&args[0])?
                .extend(caller, &args[1], true)
                .map(|()| Value::None)
        },
    ),
    def(
        "index(self, value, start=0, stop=None, /)",
        "The place of the first equal element.",
        |caller, args| {
            let deque = Deque::of(&args[0])?;
            let len = deque.len() as i64;
            let bound = |i: i64| if i < 0 { (i + len).max(0) } else { i };
            let start = bound(arguments::int(caller, &args[2])?);
            let stop = arguments::optional_int(caller, &args[3])?.map_or(len, bound);
            let mut found = None;
            deque.visit(caller, |caller, i, item| {
                let i = i as i64;
                if i >= start && i < stop && protocol::identical_or_equal(caller, item, &args[1])? {
                    found = Some(i);
                }
                Ok(found.is_none())
            })?;
            match found {
                Some(place) => Ok(Value::Int(place)),
                None => Err(value_error(format!(
                    "{} is not in deque",
                    protocol::repr(caller, &args[1])?
                ))),
            }
        },
    ),
    def(
        "insert(self, index, value, /)",
        "Inserts an element before a place.",
        |caller, args| {
            let deque = Deque::of(&args[0])?;
            let index = arguments::int(caller, &args[1])?;
            let len = deque.len();
            if deque.limit.get().is_some_and(|limit| len >= limit) {
                return Err(index_error("deque already at its maximum size"));
            }
            let place = if index < 0 {
                (index + len as i64).max(0)
            } else {
                index.min(len as i64)
            };
            deque.touch();
            deque
                .items
                .borrow_mut()
                .insert(place as usize, args[2].clone());
            Ok(Value::None)
        },
    ),
    def(
        "pop(self)",
        "Takes the rightmost element out.",
        |_, args| {
            let deque = Deque::of(&args[0])?;
            deque.touch();
            let last = deque.items.borrow_mut().pop_back();
            last.ok_or_else(|| index_error("pop from an empty deque"))
        },
    ),
    def(
        "popleft(self)",
        "Takes the leftmost element out.",
        |_, args| {
            let deque = Deque::of(&args[0])?;
            deque.touch();
            let first = deque.items.borrow_mut().pop_front();
            first.ok_or_else(|| index_error("pop from an empty deque"))
        },
    ),
    def(
        "remove(self, value, /)",
        "Takes the first equal element out.",
        |caller, args| {
            let deque = Deque::of(&args[0])?;
            let mut found = None;
            deque.visit(caller, |caller, i, item| {
                if protocol::identical_or_equal(caller, item, &args[1])? {
                    found = Some(i);
                }
                Ok(found.is_none())
            })?;
            let Some(place) = found else {
                return Err(value_error(format!(
                    "{} is not in deque",
                    protocol::repr(caller, &args[1])?
                )));
            };
            deque.touch();
            let gone = deque.items.borrow_mut().remove(place);
            drop(gone);
            Ok(Value::None)
        },
    ),
    def("reverse(self)", "Turns the order round.", |_, args| {
        let deque = Deque::of(&args[0])?;
        deque.touch();
        deque.items.borrow_mut().make_contiguous().reverse();
        Ok(Value::None)
    }),
    def(
        "rotate(self, n=1, /)",
        "Moves n elements from the right end to the left.",
        |caller, args| {
            let deque = Deque::of(&args[0])?;
            let n = arguments::int(caller, &args[1])?;
            let len = deque.len();
            if len > 1 {
                deque.touch();
                deque
                    .items
                    .borrow_mut()
                    .rotate_right(n.rem_euclid(len as i64) as usize);
            }
            Ok(Value::None)
        },
    ),
];

fn repeated(caller: &mut dyn Caller, deque: &Ref<Deque>, times: &Value) -> Result<VecDeque<Value>> {
    let times = usize::try_from(arguments::int(caller, times)?).unwrap_or(0);
    let items = deque.items.borrow();
    if items
        .len()
        .checked_mul(times)
        .is_none_or(|len| len > 1 << 40)
    {
        return Err(crate::lang::object::memory_error(""));
    }
    let mut all: VecDeque<Value> = VecDeque::with_capacity(items.len() * times);
    (0..times).for_each(|_| all.extend(items.iter().cloned()));
    if let Some(limit) = deque.limit.get() {
        let too_many = all.len().saturating_sub(limit);
        all.drain(..too_many);
    }
    Ok(all)
}

fn compare(caller: &mut dyn Caller, op: CmpOp, args: &[Value]) -> Result<Value> {
    let (Some(a), Some(b)) = (args[0].get::<Deque>(), args[1].get::<Deque>()) else {
        return Ok(Value::NotImplemented);
    };
    let list = |deque: &Ref<Deque>| Value::list(deque.items.borrow().iter().cloned().collect());
    let (a, b) = (list(a), list(b));
    protocol::rich_compare(caller, op, &a, &b)
}
