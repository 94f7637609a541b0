//! Instances of classes: attributes laid out by shape, and the built-in value inside where the class derives from one.

mod slot;

use std::cell::RefCell;
use std::rc::Rc;

pub use slot::ClassGuard;
use slot::ClassSlot;

use super::class::{SHAPE_LIMIT, Shape};
use super::heap::{HeapType, Kind, Ref, Visit};
use super::{Class, Dict, Name, Value};

/// An instance of a class.
pub struct Instance {
    /// Its class.
    class: ClassSlot,
    /// Its attributes.
    pub attrs: RefCell<Attrs>,
    /// The built-in value it is, if its class derives from a built-in one; else unbound.
    pub payload: Value,
}

/// The attributes of an instance.
pub enum Attrs {
    /// Values in the order of a shape's names.
    Shaped {
        /// The names.
        shape: Rc<Shape>,
        /// Their values.
        values: Vec<Value>,
    },
    /// A dict: after `__dict__` was asked for, an attribute was deleted, or there were too many.
    Dict(Ref<Dict>),
}

impl Instance {
    /// An instance without attributes.
    pub fn new(class: &Ref<Class>) -> Ref<Instance> {
        Instance::with_payload(class, Value::Unbound)
    }

    /// An instance that is also a built-in value.
    pub fn with_payload(class: &Ref<Class>, payload: Value) -> Ref<Instance> {
        let attrs = Attrs::Shaped {
            shape: class.root_shape(),
            values: Vec::with_capacity(class.usual_attributes()),
        };
        Ref::new(Instance {
            class: ClassSlot::new(class.clone()),
            attrs: RefCell::new(attrs),
            payload,
        })
    }

    /// Its class.
    #[inline(always)]
    pub fn class(&self) -> ClassGuard<'_> {
        self.class.get()
    }

    /// Makes it an instance of another class (`obj.__class__ = C`); its attributes stay.
    pub fn set_class(&self, class: &Ref<Class>) {
        // Shapes belong to a class.
        self.dict();
        self.class.set(class.clone());
    }

    /// The value of an attribute of the instance itself.
    #[inline]
    pub fn get(&self, name: &Name) -> Option<Value> {
        match &*self.attrs.borrow() {
            Attrs::Shaped { shape, values } => shape.place(name).map(|place| values[place].clone()),
            Attrs::Dict(dict) => dict.get_name(name),
        }
    }

    /// Sets an attribute of the instance itself.
    pub fn set(&self, name: &Name, value: Value) {
        let old = self.replace(name, value);
        drop(old);
    }

    fn replace(&self, name: &Name, value: Value) -> Option<Value> {
        let mut attrs = self.attrs.borrow_mut();
        match &mut *attrs {
            Attrs::Shaped { shape, values } => {
                if let Some(place) = shape.place(name) {
                    return Some(std::mem::replace(&mut values[place], value));
                }
                if values.len() < SHAPE_LIMIT {
                    *shape = shape.grown(name);
                    values.push(value);
                    return None;
                }
                let dict = to_dict(&mut attrs);
                dict.table.borrow_mut().set_name(name, value)
            }
            Attrs::Dict(dict) => dict.table.borrow_mut().set_name(name, value),
        }
    }

    /// Takes an attribute out of the instance itself.
    pub fn remove(&self, name: &Name) -> Option<Value> {
        self.get(name)?;
        self.dict().remove_name(name)
    }

    /// `__dict__`: from now on the attributes are kept in this dict.
    pub fn dict(&self) -> Ref<Dict> {
        to_dict(&mut self.attrs.borrow_mut())
    }

    /// Makes a dict the place of the attributes (`obj.__dict__ = d`).
    pub fn set_dict(&self, dict: Ref<Dict>) {
        let old = self.attrs.replace(Attrs::Dict(dict));
        drop(old);
    }

    /// Names and values of the attributes, in order.
    pub fn entries(&self) -> Vec<(Value, Value)> {
        match &*self.attrs.borrow() {
            Attrs::Shaped { shape, values } => shape
                .names
                .iter()
                .map(Value::from)
                .zip(values.iter().cloned())
                .collect(),
            Attrs::Dict(dict) => dict.entries(),
        }
    }
}

fn to_dict(attrs: &mut Attrs) -> Ref<Dict> {
    if let Attrs::Dict(dict) = attrs {
        return dict.clone();
    }
    let dict = Dict::new();
    if let Attrs::Shaped { shape, values } = std::mem::replace(attrs, Attrs::Dict(dict.clone())) {
        let mut table = dict.table.borrow_mut();
        for (name, value) in shape.names.iter().zip(values) {
            table.set_name(name, value);
        }
    }
    dict
}

impl HeapType for Instance {
    const KIND: Kind = Kind::Instance;
    const TRACED: bool = true;
    const ENDS: bool = true;

    fn wants_end(&self) -> bool {
        self.class().has_end
    }

    fn trace(&self, visit: &mut Visit) {
        visit(self.class().as_any());
        self.payload.trace(visit);
        if let Ok(attrs) = self.attrs.try_borrow() {
            match &*attrs {
                Attrs::Shaped { values, .. } => values.iter().for_each(|value| value.trace(visit)),
                Attrs::Dict(dict) => visit(dict.as_any()),
            }
        }
    }

    fn clear(&self) {
        let empty = Attrs::Shaped {
            shape: self.class().root_shape(),
            values: Vec::new(),
        };
        let old = self.attrs.replace(empty);
        drop(old);
    }

    fn class(&self) -> Ref<Class> {
        Ref::clone(&self.class.get())
    }
}
