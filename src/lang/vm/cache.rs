//! What the places that use attributes remember of them.

use crate::lang::object::class::{Special, native_changes};
use crate::lang::object::code::{Cache, Function, Resolved, Site};
use crate::lang::object::instance::Attrs;
use crate::lang::object::{Instance, Kind, Module, Native, Property, Ref, Value, intern, types};

/// What a cache knows.
pub(super) enum Cached {
    Value(Value),
    Method(Value),
}

/// The attribute of an instance at a place that the cache of a site knows.
#[inline(always)]
pub(super) fn known_attr(receiver: &Value, site: &Site) -> Option<Value> {
    let instance = receiver.exact::<Instance>()?;
    if site.cache.kind.get() != Resolved::Slot || !fits(instance, &site.cache) {
        return None;
    }
    // SAFETY: nobody changes the attributes while one is copied.
    match unsafe { instance.attrs.try_borrow_unguarded() } {
        Ok(Attrs::Shaped { values, .. }) => values.get(site.cache.place.get() as usize).cloned(),
        _ => None,
    }
}

/// The method of an instance's class, or of a built-in class, that the cache of a site knows.
#[inline(always)]
pub(super) fn known_method<'a>(receiver: &Value, site: &'a Site) -> Option<&'a Value> {
    let cache = &site.cache;
    if cache.kind.get() != Resolved::ClassMethod {
        return None;
    }
    let known = match receiver.exact::<Instance>() {
        Some(instance) => fits(instance, cache),
        None => {
            receiver
                .kind()
                .is_some_and(|kind| cache.place.get() == mark(kind))
                && cache.shape.get() == 0
                && cache.version.get() == native_changes()
        }
    };
    // SAFETY: the caller counts the method before anything else can change the cache.
    known.then(|| unsafe { cache.value.try_borrow_unguarded() }.ok())?
}

/// How a cache remembers that it is about all objects of a kind.
#[inline(always)]
fn mark(kind: Kind) -> u32 {
    kind as u32 + 1
}

/// The kinds whose objects are all of one built-in class.
fn has_one_class(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Str
            | Kind::Bytes
            | Kind::ByteArray
            | Kind::List
            | Kind::Tuple
            | Kind::Dict
            | Kind::Set
            | Kind::FrozenSet
            | Kind::Range
    )
}

/// Whether a cache is about the class and shape of an instance.
#[inline(always)]
fn fits(instance: &Instance, cache: &Cache) -> bool {
    if instance.class().version() != cache.version.get() {
        return false;
    }
    // SAFETY: nobody changes the attributes while their shape is looked at.
    match unsafe { instance.attrs.try_borrow_unguarded() } {
        Ok(Attrs::Shaped { shape, .. }) => shape.id == cache.shape.get(),
        _ => false,
    }
}

/// What the cache of a site says about an instance, if it is about its shape and class.
pub(super) fn cached(instance: &Instance, cache: &Cache) -> Option<Cached> {
    let kind = cache.kind.get();
    if kind == Resolved::Unknown || !fits(instance, cache) {
        return None;
    }
    let attrs = instance.attrs.borrow();
    let Attrs::Shaped { values, .. } = &*attrs else {
        return None;
    };
    match kind {
        Resolved::Slot => values
            .get(cache.place.get() as usize)
            .cloned()
            .map(Cached::Value),
        Resolved::ClassValue => Some(Cached::Value(cache.value.borrow().clone())),
        Resolved::ClassMethod => Some(Cached::Method(cache.value.borrow().clone())),
        _ => None,
    }
}

/// Fills the cache of a site that reads an attribute, where the lookup is a plain one.
#[cold]
pub(super) fn remember_load(instance: &Instance, site: &Site) {
    let (name, cache, class) = (site.name(), &site.cache, &instance.class());
    cache.kind.set(Resolved::Unknown);
    let asks_script = class
        .special(Special::Getattribute)
        .is_some_and(|hook| hook.kind() != Some(Kind::Native));
    let attrs = instance.attrs.borrow();
    let Attrs::Shaped { shape, .. } = &*attrs else {
        return;
    };
    if asks_script {
        return;
    }
    let found = class.lookup(name);
    let data = found.as_ref().is_some_and(|found| {
        matches!(
            found.kind(),
            Some(Kind::Property | Kind::GetSet | Kind::Instance | Kind::Foreign)
        )
    });
    if data {
        return;
    }
    cache.version.set(class.version());
    cache.shape.set(shape.id);
    if let Some(place) = shape.place(name) {
        cache.place.set(place as u32);
        cache.kind.set(Resolved::Slot);
        return;
    }
    let Some(found) = found else { return };
    let kind = match found.kind() {
        Some(Kind::Function) => Resolved::ClassMethod,
        Some(Kind::Native) if found.exact::<Native>().is_some_and(|n| n.is_method) => {
            Resolved::ClassMethod
        }
        Some(Kind::ClassMethod | Kind::StaticMethod) => return,
        _ => Resolved::ClassValue,
    };
    cache.value.replace(found);
    cache.kind.set(kind);
}

/// The getter of a property written in the script.
pub(super) fn script_getter(instance: &Instance, site: &Site) -> Option<Ref<Function>> {
    let found = instance.class().lookup(site.name())?;
    let getter = found.exact::<Property>()?.get.exact::<Function>()?.clone();
    let own_lookup = instance.class().special(Special::Getattribute);
    let ordinary = own_lookup.is_none_or(|hook| hook.kind() == Some(Kind::Native));
    (ordinary
        && instance.class().special(Special::Getattr).is_none()
        && !getter.code.flags.generator)
        .then_some(getter)
}

/// A method of a built-in class, by the class's version, or by the kind where that says the same.
pub(super) fn native_method(receiver: &Value, site: &Site) -> Option<Value> {
    let cache = &site.cache;
    let one_class = receiver.kind().filter(|kind| has_one_class(*kind));
    let version = receiver.with_class(|class| class.version());
    if cache.kind.get() == Resolved::ClassMethod
        && cache.version.get() == version
        && cache.shape.get() == 0
        && cache.place.get() == 0
    {
        return Some(cache.value.borrow().clone());
    }
    let found = receiver.with_class(|class| class.lookup(site.name()))?;
    if !found.exact::<Native>().is_some_and(|n| n.is_method) {
        return None;
    }
    cache.kind.set(Resolved::ClassMethod);
    cache
        .version
        .set(one_class.map_or(version, |_| native_changes()));
    cache.place.set(one_class.map_or(0, mark));
    cache.shape.set(0);
    cache.value.replace(found.clone());
    Some(found)
}

/// An attribute in the namespace of a module, by its place.
#[inline]
pub(super) fn module_value(receiver: &Value, site: &Site) -> Option<Value> {
    let module = receiver.exact::<Module>()?;
    let table = module.dict.table.borrow();
    let cache = &site.cache;
    if cache.kind.get() == Resolved::Global
        && let Some(entry) = table.entry(cache.place.get() as usize)
        && entry.key.is_object(site.name().as_any())
    {
        return Some(entry.value.clone());
    }
    let place = table.find_name(site.name())?;
    cache.kind.set(Resolved::Global);
    cache.place.set(place as u32);
    table.entry(place).map(|entry| entry.value.clone())
}

/// Stores by the cache of a site; false if that does not fit.
#[inline(always)]
pub(super) fn store_known(obj: &Value, site: &Site, value: &Value) -> bool {
    let Some(instance) = obj.exact::<Instance>() else {
        return false;
    };
    let cache = &site.cache;
    let kind = cache.kind.get();
    if !matches!(kind, Resolved::Slot | Resolved::Grow) || !fits(instance, cache) {
        return false;
    }
    let Ok(mut attrs) = instance.attrs.try_borrow_mut() else {
        return false;
    };
    let Attrs::Shaped { shape, values } = &mut *attrs else {
        return false;
    };
    if kind == Resolved::Slot {
        let Some(place) = values.get_mut(cache.place.get() as usize) else {
            return false;
        };
        let old = value.clone_over(place);
        drop(attrs);
        drop(old);
    } else {
        *shape = shape.grown(site.name());
        values.push(value.clone());
    }
    true
}

/// Fills the cache of a site that sets an attribute, where the store is a plain one.
#[cold]
pub(super) fn remember_store(instance: &Instance, site: &Site) {
    let (name, cache, class) = (site.name(), &site.cache, &instance.class());
    cache.kind.set(Resolved::Unknown);
    let attrs = instance.attrs.borrow();
    let Attrs::Shaped { shape, values } = &*attrs else {
        return;
    };
    let hooked = class.special(Special::Setattr).is_some_and(|hook| {
        !hook.exact::<Native>().is_some_and(|n| {
            n.owner
                .get()
                .is_some_and(|owner| owner.same(&types().object))
        })
    });
    let described = class.lookup(name).is_some_and(|found| {
        matches!(
            found.kind(),
            Some(Kind::Property | Kind::GetSet | Kind::Instance | Kind::Foreign)
        )
    });
    if hooked || described || class.lookup(&intern("__slots__")).is_some() {
        return;
    }
    cache.version.set(class.version());
    cache.shape.set(shape.id);
    class.expect_attributes(values.len() + 1);
    if let Some(place) = shape.place(name) {
        cache.place.set(place as u32);
        cache.kind.set(Resolved::Slot);
    } else if values.len() < crate::lang::object::class::SHAPE_LIMIT {
        cache.kind.set(Resolved::Grow);
    }
}
