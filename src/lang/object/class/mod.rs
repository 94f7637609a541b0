//! `type`: classes, their method resolution order, and the cached lookup of special methods.

mod mro;
mod shape;
mod special;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

pub use shape::{SHAPE_LIMIT, Shape};
pub use special::Special;

use super::dict::Table;
use super::heap::{HeapType, Kind, Ref, Visit, Weak, downgrade};
use super::{Args, Caller, Name, Native, Result, Value, intern, types};

/// The native constructor behind a class (`__new__`): the class to make an instance of, and the arguments.
pub type Make = fn(&mut dyn Caller, &Ref<Class>, Args) -> Result<Value>;

/// A class.
pub struct Class {
    name: RefCell<Name>,
    bases: RefCell<Vec<Ref<Class>>>,
    /// The resolution order without the class itself, which always stands first.
    mro: RefCell<Vec<Ref<Class>>>,
    /// What the class body defined.
    pub attrs: RefCell<Table>,
    /// The metaclass; `None` for `type`.
    pub metaclass: Option<Ref<Class>>,
    /// The native constructor of the nearest built-in class.
    pub make: Option<Make>,
    /// Whether this is a class of the program rather than of the script.
    pub native: bool,
    open: Cell<bool>,
    /// Whether the class or one of its bases has a `__del__`.
    pub has_end: bool,
    /// The classes whose native constructor and payload this class has.
    pub solid: SolidBase,
    version: Cell<u32>,
    special: RefCell<Vec<(u32, Value)>>,
    subclasses: RefCell<Vec<Weak>>,
    root_shape: Rc<Shape>,
    /// How many attributes instances have been seen to get.
    usual_attributes: Cell<u8>,
    /// The version for which instances are known to hash by their identity.
    hashes_by_identity: Cell<u32>,
    /// The `__init__` that makes instances by itself, for a version of the class.
    construction: RefCell<(u32, Option<Value>)>,
}

/// What an instance of a class holds besides its attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SolidBase {
    /// Nothing: it derives from `object` alone.
    Object,
    /// A built-in value; the name of the class it belongs to.
    Payload(&'static str),
}

thread_local! {
    static NEXT_VERSION: Cell<u32> = const { Cell::new(1) };
    static ENDS: Cell<bool> = const { Cell::new(false) };
    static NATIVE_CHANGES: Cell<u32> = const { Cell::new(0) };
}

/// Whether any class with a `__del__` was ever made.
pub fn any_class_has_end() -> bool {
    ENDS.get()
}

/// How often classes of the program were changed: hardly ever after the beginning.
#[inline(always)]
pub fn native_changes() -> u32 {
    NATIVE_CHANGES.get()
}

const LOOKUP_SLOTS: usize = 2048;

/// What a class was found to have under an (interned, hence immortal) name.
#[derive(Default)]
struct Lookup {
    version: u32,
    name: usize,
    found: Option<Value>,
}

thread_local! {
    static LOOKUPS: RefCell<Vec<Lookup>> = const { RefCell::new(Vec::new()) };
}

/// Lets go of what lookups found.
pub fn forget_lookups() {
    LOOKUPS.with(|lookups| {
        let old = lookups.take();
        drop(old);
    });
}

fn next_version() -> u32 {
    NEXT_VERSION.with(|next| next.replace(next.get() + 1))
}

/// What a new class is made of.
pub struct NewClass {
    /// Its name.
    pub name: Name,
    /// Its bases; not empty, except for `object`.
    pub bases: Vec<Ref<Class>>,
    /// Its namespace.
    pub attrs: Table,
    /// Its metaclass.
    pub metaclass: Option<Ref<Class>>,
    /// Its own native constructor, if it is a class of the program that has one.
    pub make: Option<Make>,
    /// Whether it is a class of the program.
    pub native: bool,
    /// What its instances hold, if it is a built-in class whose instances hold something.
    pub solid: Option<&'static str>,
}

impl Class {
    /// Makes a class; `Err` is the message of the TypeError where the bases do not fit together.
    pub fn create(new: NewClass) -> std::result::Result<Ref<Class>, String> {
        let mro = match mro::linearize(&new.bases) {
            // Its metaclass knows better.
            Err(_)
                if new
                    .metaclass
                    .as_ref()
                    .is_some_and(|meta| meta.own_order().is_some()) =>
            {
                new.bases.clone()
            }
            order => order?,
        };
        let solid = match new.solid {
            Some(name) => SolidBase::Payload(name),
            None => solid_base(&new.bases)?,
        };
        let make = new.make.or_else(|| mro.iter().find_map(|class| class.make));
        let own_end = new.attrs.get_name(&Special::Del.name()).is_some();
        let has_end = own_end || mro.iter().any(|class| class.has_end);
        ENDS.set(ENDS.get() || has_end);
        let class = Ref::new(Class {
            has_end,
            name: RefCell::new(new.name),
            bases: RefCell::new(new.bases),
            mro: RefCell::new(mro),
            attrs: RefCell::new(new.attrs),
            metaclass: new.metaclass,
            make,
            native: new.native,
            open: Cell::new(!new.native),
            solid,
            version: Cell::new(next_version()),
            special: RefCell::new(Vec::new()),
            subclasses: RefCell::new(Vec::new()),
            root_shape: Shape::root(),
            usual_attributes: Cell::new(0),
            hashes_by_identity: Cell::new(0),
            construction: RefCell::default(),
        });
        for base in class.bases.borrow().iter() {
            base.subclasses.borrow_mut().push(downgrade(class.as_any()));
        }
        Ok(class)
    }

    /// The `mro` that a metaclass has instead of that of `type`.
    pub fn own_order(&self) -> Option<Value> {
        self.lookup(&intern("mro"))
            .filter(|found| found.exact::<Native>().is_none())
    }

    /// Sets the resolution order behind the class itself.
    pub fn set_order(&self, order: Vec<Ref<Class>>) {
        let old = self.mro.replace(order);
        self.touch();
        drop(old);
    }

    /// `__name__`
    pub fn name(&self) -> Name {
        self.name.borrow().clone()
    }

    /// Sets `__name__`.
    pub fn set_name(&self, name: Name) {
        self.name.replace(name);
    }

    /// `__bases__`
    pub fn bases(&self) -> Vec<Ref<Class>> {
        self.bases.borrow().clone()
    }

    /// The number that changes whenever an attribute of the class or of one of its bases does.
    #[inline(always)]
    pub fn version(&self) -> u32 {
        self.version.get()
    }

    /// The shape of an instance without attributes.
    pub fn root_shape(&self) -> Rc<Shape> {
        self.root_shape.clone()
    }

    /// How many attributes an instance will probably get.
    #[inline]
    pub fn usual_attributes(&self) -> usize {
        usize::from(self.usual_attributes.get())
    }

    /// Notes that an instance got so many attributes.
    pub fn expect_attributes(&self, count: usize) {
        let count = u8::try_from(count).unwrap_or(u8::MAX);
        self.usual_attributes
            .set(self.usual_attributes.get().max(count));
    }

    /// Whether instances hash by their identity, as `find` finds it, remembered until the class changes.
    #[inline]
    pub fn hashes_by_identity(&self, find: impl FnOnce() -> bool) -> bool {
        if self.hashes_by_identity.get() == self.version.get() {
            return true;
        }
        let found = find();
        if found {
            self.hashes_by_identity.set(self.version.get());
        }
        found
    }

    /// The `__init__` that makes instances by itself, as `find` finds it, remembered until the class changes.
    #[inline]
    pub fn construction(&self, find: impl FnOnce() -> Option<Value>) -> Option<Value> {
        {
            let (version, known) = &*self.construction.borrow();
            if *version == self.version.get() {
                return known.clone();
            }
        }
        self.find_construction(find)
    }

    #[cold]
    fn find_construction(&self, find: impl FnOnce() -> Option<Value>) -> Option<Value> {
        let found = find();
        self.construction
            .replace((self.version.get(), found.clone()));
        found
    }

    /// The classes derived from this one directly.
    pub fn subclasses(&self) -> Vec<Ref<Class>> {
        let alive = |weak: &Weak| weak.upgrade()?.downcast_into::<Class>().ok();
        self.subclasses.borrow().iter().filter_map(alive).collect()
    }

    /// Looks a name up in this class alone.
    pub fn own(&self, name: &Name) -> Option<Value> {
        self.attrs.borrow().get_name(name).cloned()
    }

    /// Looks a name up along the resolution order.
    pub fn lookup(&self, name: &Name) -> Option<Value> {
        let slot = (self.version.get() as usize).wrapping_mul(31) ^ (name.address() >> 5);
        LOOKUPS.with(|lookups| {
            let mut lookups = lookups.borrow_mut();
            if lookups.is_empty() {
                lookups.resize_with(LOOKUP_SLOTS, Lookup::default);
            }
            let cached = &mut lookups[slot % LOOKUP_SLOTS];
            if cached.version != self.version.get() || cached.name != name.address() {
                let found = self.search(name);
                *cached = Lookup {
                    version: self.version.get(),
                    name: name.address(),
                    found,
                };
            }
            cached.found.clone()
        })
    }

    fn search(&self, name: &Name) -> Option<Value> {
        let own = self.own(name);
        own.or_else(|| self.mro.borrow().iter().find_map(|class| class.own(name)))
    }

    /// The name as messages about unfit operands have it: with its module, for a class of a module that is built into
    /// CPython.
    pub fn type_name(&self) -> String {
        let module = self.own(&super::intern("__module__"));
        let module = module.as_ref().and_then(Value::as_str).unwrap_or_default();
        let name = self.name();
        let dotted = match module {
            "" | "builtins" => false,
            // These are written in the language here.
            "array" | "datetime" | "numpy" => true,
            "decimal" => name.as_str() == "Decimal",
            _ => !self.is_open(),
        };
        match dotted {
            true => format!("{module}.{name}"),
            false => name.to_string(),
        }
    }

    /// Whether scripts may change it.
    pub fn is_open(&self) -> bool {
        self.open.get()
    }

    /// Lets scripts change a class of the program.
    pub fn open(&self) {
        self.open.set(true);
    }

    /// Sets an attribute of the class.
    pub fn set(&self, name: &Name, value: Value) {
        let old = self.attrs.borrow_mut().set_name(name, value);
        self.touch();
        drop(old);
    }

    /// Takes an attribute out of the class.
    pub fn remove(&self, name: &Name) -> Option<Value> {
        let old = self.attrs.borrow_mut().remove_name(name);
        self.touch();
        old
    }

    /// Makes all caches forget what they know of this class and those derived from it.
    pub fn touch(&self) {
        self.version.set(next_version());
        if self.native {
            NATIVE_CHANGES.set(NATIVE_CHANGES.get().wrapping_add(1));
        }
        self.subclasses().iter().for_each(|class| class.touch());
    }

    /// The attribute behind a special method, found once per version of the class.
    #[inline]
    pub fn special(&self, which: Special) -> Option<Value> {
        let index = which as usize;
        if let Some((version, value)) = self.special.borrow().get(index)
            && *version == self.version.get()
        {
            return if value.is_unbound() {
                None
            } else {
                Some(value.clone())
            };
        }
        self.find_special(which)
    }

    #[cold]
    fn find_special(&self, which: Special) -> Option<Value> {
        let found = self.lookup(&which.name());
        let mut cache = self.special.borrow_mut();
        if cache.is_empty() {
            cache.resize(Special::COUNT, (0, Value::Unbound));
        }
        cache[which as usize] = (self.version.get(), found.clone().unwrap_or_default());
        found
    }
}

impl Ref<Class> {
    /// `__mro__`
    pub fn mro(&self) -> Vec<Ref<Class>> {
        std::iter::once(self.clone())
            .chain(self.mro.borrow().iter().cloned())
            .collect()
    }

    /// Sets `__bases__`; `Err` is the message of the TypeError where they do not fit.
    pub fn set_bases(&self, bases: Vec<Ref<Class>>) -> std::result::Result<(), String> {
        let order = mro::linearize(&bases)?;
        if solid_base(&bases)? != self.solid {
            let old = self.bases().first().map(|base| base.name());
            return Err(format!(
                "__bases__ assignment: '{}' object layout differs from '{}'",
                bases[0].name(),
                old.map_or(String::new(), |name| name.to_string())
            ));
        }
        for base in self.bases.borrow().iter() {
            base.subclasses
                .borrow_mut()
                .retain(|weak| weak.address() != self.as_any().address());
        }
        for base in &bases {
            base.subclasses.borrow_mut().push(downgrade(self.as_any()));
        }
        let old = (self.bases.replace(bases), self.mro.replace(order));
        drop(old);
        for class in self.subclasses() {
            class.order_again()?;
        }
        self.touch();
        Ok(())
    }

    /// Computes the resolution order anew, after that of a base has changed.
    fn order_again(&self) -> std::result::Result<(), String> {
        let order = mro::linearize(&self.bases.borrow())?;
        let old = self.mro.replace(order);
        drop(old);
        self.subclasses().iter().try_for_each(Ref::order_again)
    }

    /// Whether this class is `other` or derives from it.
    #[inline]
    pub fn is_subclass(&self, other: &Ref<Class>) -> bool {
        self.same(other) || self.mro.borrow().iter().any(|class| class.same(other))
    }

    /// The class after `after` in this class's resolution order whose own attributes have the name, and the value.
    pub fn lookup_after(&self, after: &Ref<Class>, name: &Name) -> Option<Value> {
        let rest = self.mro();
        let behind = rest.iter().position(|class| class.same(after))? + 1;
        rest[behind..].iter().find_map(|class| class.own(name))
    }
}

fn solid_base(bases: &[Ref<Class>]) -> std::result::Result<SolidBase, String> {
    let mut solid = SolidBase::Object;
    for base in bases {
        match (solid, base.solid) {
            (SolidBase::Object, found) => solid = found,
            (SolidBase::Payload(a), SolidBase::Payload(b)) if a != b => {
                return Err("multiple bases have instance lay-out conflict".to_string());
            }
            _ => {}
        }
    }
    Ok(solid)
}

impl HeapType for Class {
    const KIND: Kind = Kind::Class;
    const TRACED: bool = true;

    fn trace(&self, visit: &mut Visit) {
        for list in [&self.bases, &self.mro] {
            if let Ok(list) = list.try_borrow() {
                list.iter().for_each(|class| visit(class.as_any()));
            }
        }
        if let Ok(attrs) = self.attrs.try_borrow() {
            attrs.trace(visit);
        }
        if let Ok(special) = self.special.try_borrow() {
            special.iter().for_each(|(_, value)| value.trace(visit));
        }
        if let Ok(construction) = self.construction.try_borrow()
            && let (_, Some(value)) = &*construction
        {
            value.trace(visit);
        }
        if let Some(metaclass) = &self.metaclass {
            visit(metaclass.as_any());
        }
    }

    fn clear(&self) {
        let attrs = self.attrs.borrow_mut().take();
        let special = self.special.take();
        drop((
            attrs,
            special,
            self.mro.take(),
            self.bases.take(),
            self.construction.take(),
        ));
    }

    fn class(&self) -> Ref<Class> {
        self.metaclass
            .clone()
            .unwrap_or_else(|| types().type_.clone())
    }
}
