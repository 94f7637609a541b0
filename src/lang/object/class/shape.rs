//! Shapes: which attributes an instance has, in which order. Instances that got the same attributes in the same
//! order share one, so that a place found once is valid for all of them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::lang::object::Name;

/// An instance with more attributes than this keeps them in a dict.
pub const SHAPE_LIMIT: usize = 48;

/// The names of an instance's attributes, in order.
pub struct Shape {
    /// Unique among all shapes there ever were.
    pub id: u32,
    /// The names.
    pub names: Vec<Name>,
    next: RefCell<Vec<Rc<Shape>>>,
}

thread_local! {
    static NEXT_ID: Cell<u32> = const { Cell::new(1) };
}

impl Shape {
    /// A shape without attributes.
    pub(super) fn root() -> Rc<Shape> {
        Rc::new(Shape::with(Vec::new()))
    }

    fn with(names: Vec<Name>) -> Shape {
        let id = NEXT_ID.with(|next| next.replace(next.get() + 1));
        Shape {
            id,
            names,
            next: RefCell::new(Vec::new()),
        }
    }

    /// The place of a name.
    #[inline]
    pub fn place(&self, name: &Name) -> Option<usize> {
        self.names.iter().position(|other| other.same(name))
    }

    /// The shape with one more name.
    pub fn grown(&self, name: &Name) -> Rc<Shape> {
        let mut next = self.next.borrow_mut();
        let known = next
            .iter()
            .find(|shape| shape.names[shape.names.len() - 1].same(name));
        if let Some(shape) = known {
            return shape.clone();
        }
        let mut names = Vec::with_capacity(self.names.len() + 1);
        names.extend(self.names.iter().cloned());
        names.push(name.clone());
        let shape = Rc::new(Shape::with(names));
        next.push(shape.clone());
        shape
    }
}
