//! Containers that contain themselves: which objects are being shown at the moment.

use std::cell::RefCell;

use crate::lang::object::Value;

thread_local! {
    static SHOWN: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// Stands for an object being shown; its end is the end of that.
pub struct Entered;

/// Notes that an object is being shown; nothing if it is already.
pub fn enter(value: &Value) -> Option<Entered> {
    let Value::Obj(object) = value else {
        return Some(Entered::push(0));
    };
    let address = object.address();
    let known = SHOWN.with_borrow(|shown| shown.contains(&address));
    (!known).then(|| Entered::push(address))
}

impl Entered {
    fn push(address: usize) -> Entered {
        SHOWN.with_borrow_mut(|shown| shown.push(address));
        Entered
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        SHOWN.with_borrow_mut(Vec::pop);
    }
}
