//! `_heapq`: the heap operations of `heapq`. Comparisons may run the script, so the list is looked at anew each time.

use super::define::def;
use crate::lang::object::{
    Caller, List, ModuleSpec, NativeSpec, Ref, Result, Value, index_error, protocol, type_error,
};

/// `_heapq`
pub(super) static HEAPQ: ModuleSpec = ModuleSpec {
    name: "_heapq",
    doc: "Lists as heaps.",
    functions: FUNCTIONS,
    setup: |_, _| Ok(()),
};

static FUNCTIONS: &[NativeSpec] = &[
    def(
        "_heapify_max(heap, /)",
        "Makes a list a heap with the largest element first.",
        |caller, args| heapify(caller, &heap("_heapify_max", &args[0])?, true),
    ),
    def(
        "heapify(heap, /)",
        "Makes a list a heap.",
        |caller, args| heapify(caller, &heap("heapify", &args[0])?, false),
    ),
    def(
        "heappop(heap, /)",
        "Takes the smallest element out.",
        |caller, args| {
            let list = heap("heappop", &args[0])?;
            let Some(last) = pop(&list) else {
                return Err(index_error("index out of range"));
            };
            if list.items.borrow().is_empty() {
                return Ok(last);
            }
            let first = replace(&list, 0, last)?;
            sift_up(caller, &list, 0, false)?;
            Ok(first)
        },
    ),
    def(
        "heappush(heap, item, /)",
        "Puts an element in.",
        |caller, args| {
            let list = heap("heappush", &args[0])?;
            list.items.borrow_mut().push(args[1].clone());
            let last = list.items.borrow().len() - 1;
            sift_down(caller, &list, 0, last, false)?;
            Ok(Value::None)
        },
    ),
    def(
        "heappushpop(heap, item, /)",
        "Puts an element in and takes the smallest out.",
        |caller, args| {
            let list = heap("heappushpop", &args[0])?;
            let first = list.items.borrow().first().cloned();
            match first {
                Some(first) if protocol::less(caller, &first, &args[1])? => {
                    let smallest = replace(&list, 0, args[1].clone())?;
                    sift_up(caller, &list, 0, false)?;
                    Ok(smallest)
                }
                _ => Ok(args[1].clone()),
            }
        },
    ),
    def(
        "heapreplace(heap, item, /)",
        "Takes the smallest element out and puts another in.",
        |caller, args| {
            let list = heap("heapreplace", &args[0])?;
            if list.items.borrow().is_empty() {
                return Err(index_error("index out of range"));
            }
            let smallest = replace(&list, 0, args[1].clone())?;
            sift_up(caller, &list, 0, false)?;
            Ok(smallest)
        },
    ),
];

fn heap(function: &str, value: &Value) -> Result<Ref<List>> {
    value.get::<List>().cloned().ok_or_else(|| {
        let which = if matches!(function, "heapify" | "heappop" | "_heapify_max") {
            "argument"
        } else {
            "argument 1"
        };
        type_error(format!(
            "{function}() {which} must be list, not {}",
            value.class_name()
        ))
    })
}

fn pop(list: &Ref<List>) -> Option<Value> {
    list.items.borrow_mut().pop()
}

fn changed() -> crate::lang::object::Raised {
    crate::lang::object::runtime_error("list changed size during iteration")
}

fn at(list: &Ref<List>, place: usize) -> Result<Value> {
    list.items.borrow().get(place).cloned().ok_or_else(changed)
}

fn replace(list: &Ref<List>, place: usize, value: Value) -> Result<Value> {
    match list.items.borrow_mut().get_mut(place) {
        Some(old) => Ok(std::mem::replace(old, value)),
        None => Err(changed()),
    }
}

/// Whether `a` has to stand above `b`.
fn before(caller: &mut dyn Caller, a: &Value, b: &Value, max: bool) -> Result<bool> {
    if max {
        protocol::less(caller, b, a)
    } else {
        protocol::less(caller, a, b)
    }
}

/// Moves an element towards the root, to its place.
fn sift_down(
    caller: &mut dyn Caller,
    list: &Ref<List>,
    start: usize,
    mut place: usize,
    max: bool,
) -> Result<()> {
    let item = at(list, place)?;
    while place > start {
        let parent = (place - 1) / 2;
        let above = at(list, parent)?;
        if !before(caller, &item, &above, max)? {
            break;
        }
        replace(list, place, above)?;
        replace(list, parent, item.clone())?;
        place = parent;
    }
    Ok(())
}

/// Moves an element to a leaf along the smaller children, and from there up to its place.
fn sift_up(caller: &mut dyn Caller, list: &Ref<List>, start: usize, max: bool) -> Result<()> {
    let end = list.items.borrow().len();
    let mut place = start;
    let item = at(list, place)?;
    loop {
        let mut child = 2 * place + 1;
        if child >= end {
            break;
        }
        if child + 1 < end {
            let (left, right) = (at(list, child)?, at(list, child + 1)?);
            if !before(caller, &left, &right, max)? {
                child += 1;
            }
        }
        let below = at(list, child)?;
        replace(list, place, below)?;
        place = child;
    }
    replace(list, place, item)?;
    sift_down(caller, list, start, place, max)
}

fn heapify(caller: &mut dyn Caller, list: &Ref<List>, max: bool) -> Result<Value> {
    let len = list.items.borrow().len();
    for place in (0..len / 2).rev() {
        sift_up(caller, list, place, max)?;
    }
    Ok(Value::None)
}
