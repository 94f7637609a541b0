//! Attribute access with caches at the places that use it.

use crate::lang::object::code::{Function, Reg, Return, Site};
use crate::lang::object::{
    Args, Instance, Kind, Native, Ref, Result, Value, call_native, protocol,
};

use super::cache::{
    Cached, cached, known_method, module_value, native_method, remember_load, remember_store,
    script_getter,
};
use super::call::Flow;
use super::frame::split_keywords;
use super::machine::Vm;
use super::registers::Registers;

impl Vm {
    /// `regs[dst] = obj.name`, where `known_attr` does not know it.
    #[inline(never)]
    pub(super) fn load_attr(
        &mut self,
        regs: Registers,
        dst: Reg,
        obj: Reg,
        site: &Site,
    ) -> Result<Flow> {
        let receiver = regs.get(obj);
        if let Some(instance) = receiver.exact::<Instance>() {
            if let Some(found) = cached(instance, &site.cache) {
                match found {
                    Cached::Value(value) => {
                        regs.set(dst, value);
                        return Ok(Flow::Done);
                    }
                    Cached::Method(function) => {
                        let receiver = receiver.clone();
                        let method = crate::lang::object::Method { function, receiver };
                        regs.set(dst, Value::from(Ref::new(method)));
                        return Ok(Flow::Done);
                    }
                }
            }
            remember_load(instance, site);
            if let Some(function) = script_getter(instance, site) {
                let arguments = std::iter::once(receiver.clone());
                let frame = self.frame_for(&function, arguments, &[], Return::Register(dst))?;
                self.push(frame)?;
                return Ok(Flow::Pushed);
            }
        } else if let Some(value) = module_value(receiver, site) {
            regs.set(dst, value);
            return Ok(Flow::Done);
        }
        let value = protocol::get_attr(self, receiver, site.name())?;
        regs.set(dst, value);
        Ok(Flow::Done)
    }

    /// `obj.name = value`, where `store_known` does not know how.
    #[inline(never)]
    pub(super) fn store_attr(&mut self, obj: &Value, value: Value, site: &Site) -> Result<()> {
        if let Some(instance) = obj.exact::<Instance>() {
            remember_store(instance, site);
        }
        protocol::set_attr(self, obj, site.name(), value)
    }

    /// Calls a method of the program for `regs[base]` with the `argc` registers behind it.
    #[inline(never)]
    pub(super) fn call_native_method(
        &mut self,
        native: Ref<Native>,
        regs: Registers,
        dst: Reg,
        base: Reg,
        argc: usize,
    ) -> Result<()> {
        let result = call_native(self, &native, Args::positional(regs.slice(base, argc + 1)));
        regs.let_go(base, argc + 1);
        regs.set(dst, result?);
        Ok(())
    }

    /// Calls a method of `regs[base]` with the `argc` registers behind it.
    #[inline(never)]
    pub(super) fn call_method(
        &mut self,
        regs: Registers,
        dst: Reg,
        base: Reg,
        argc: usize,
        site: &Site,
    ) -> Result<Flow> {
        if let Some(method) = known_method(regs.get(base), site)
            && let Some(function) = method.exact::<Function>()
        {
            return self.push_call(function.clone(), regs, base, argc + 1, dst);
        }
        match self.find_method(regs.get(base), site)? {
            Method::Unbound(method) => {
                let method = match method.into_exact::<Function>() {
                    Ok(function) => return self.push_call(function, regs, base, argc + 1, dst),
                    Err(other) => other,
                };
                if let Some(native) = method.exact::<Native>() {
                    let result =
                        call_native(self, native, Args::positional(regs.slice(base, argc + 1)));
                    regs.let_go(base, argc + 1);
                    regs.set(dst, result?);
                    return Ok(Flow::Done);
                }
                let mut args = regs.take_all(base, argc + 1);
                self.call_value(&method, &mut args, &[], regs, dst)
            }
            Method::Plain(callee) => {
                regs.set(base, callee);
                self.call_registers(regs, dst, base, argc)
            }
        }
    }

    /// The same with named arguments.
    pub(super) fn call_method_keywords(
        &mut self,
        regs: Registers,
        dst: Reg,
        base: Reg,
        argc: usize,
        site: &Site,
    ) -> Result<Flow> {
        let found = self.find_method(regs.get(base), site)?;
        let receiver = regs.take(base);
        let (mut positional, named) = split_keywords(regs, base + 1, argc, site);
        let callee = match found {
            Method::Unbound(method) => {
                positional.insert(0, receiver);
                method
            }
            Method::Plain(callee) => callee,
        };
        if let Some(native) = callee.exact::<Native>() {
            let result = call_native(
                self,
                native,
                Args {
                    positional: &positional,
                    keywords: &named,
                },
            )?;
            regs.set(dst, result);
            return Ok(Flow::Done);
        }
        self.call_value(&callee, &mut positional, &named, regs, dst)
    }

    fn find_method(&mut self, receiver: &Value, site: &Site) -> Result<Method> {
        let found = self.search_method(receiver, site);
        self.at_callee.set(found.is_err());
        found
    }

    fn search_method(&mut self, receiver: &Value, site: &Site) -> Result<Method> {
        if let Some(instance) = receiver.exact::<Instance>() {
            match cached(instance, &site.cache) {
                Some(Cached::Method(function)) => return Ok(Method::Unbound(function)),
                Some(Cached::Value(value)) => return Ok(Method::Plain(value)),
                None => remember_load(instance, site),
            }
        } else if let Some(value) = module_value(receiver, site) {
            return Ok(Method::Plain(value));
        } else if !matches!(
            receiver.kind(),
            Some(Kind::Class | Kind::Super | Kind::Module | Kind::Function)
        ) && let Some(method) = native_method(receiver, site)
        {
            return Ok(Method::Unbound(method));
        }
        protocol::get_attr(self, receiver, site.name()).map(Method::Plain)
    }
}

/// What is to be called.
enum Method {
    /// With the receiver as first argument.
    Unbound(Value),
    /// As it is.
    Plain(Value),
}
