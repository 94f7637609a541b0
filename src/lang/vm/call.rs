//! Calls by instructions: of script functions by pushing a frame, of natives at once, of classes and callable
//! instances by both.

use crate::lang::object::class::Special;
use crate::lang::object::code::{Frame, Function, Reg, Return, Site};
use crate::lang::object::protocol;
use crate::lang::object::{
    Args, Class, Dict, Instance, Kind, List, Method, Name, Native, Ref, Result, Tuple, Value,
    call_native, type_error,
};

use super::frame::{defaulted, fill_defaults, generator_of, split_keywords};
use super::machine::Vm;
use super::parameters;
use super::registers::Registers;

/// Whether the loop goes on in the same frame, or in one that was pushed.
pub(super) enum Flow {
    /// The result is there.
    Done,
    /// A frame was pushed.
    Pushed,
}

impl Vm {
    /// Calls `regs[base]` with the `argc` registers behind it.
    #[inline(never)]
    pub(super) fn call_registers(
        &mut self,
        regs: Registers,
        dst: Reg,
        base: Reg,
        argc: usize,
    ) -> Result<Flow> {
        let callee = regs.take(base);
        let callee = match callee.into_exact::<Function>() {
            Ok(function) => return self.push_call(function, regs, base + 1, argc, dst),
            Err(other) => other,
        };
        if let Some(native) = callee.exact::<Native>() {
            let result = call_native(self, native, Args::positional(regs.slice(base + 1, argc)));
            regs.let_go(base + 1, argc);
            regs.set(dst, result?);
            return Ok(Flow::Done);
        }
        if let Some(class) = callee.exact::<Class>() {
            if class.native
                && class.metaclass.is_none()
                && let Some(make) = class.make
            {
                self.deeper()?;
                let result = make(self, class, Args::positional(regs.slice(base + 1, argc)));
                self.native_depth -= 1;
                regs.let_go(base + 1, argc);
                regs.set(dst, result?);
                return Ok(Flow::Done);
            }
            if let Some(flow) = self.push_init(class, regs, base + 1, argc, dst)? {
                return Ok(flow);
            }
        }
        let mut args = regs.take_all(base + 1, argc);
        self.call_value(&callee, &mut args, &[], regs, dst)
    }

    /// Calls with named arguments: the last of the registers, named by the site.
    pub(super) fn call_keywords(
        &mut self,
        regs: Registers,
        dst: Reg,
        base: Reg,
        argc: usize,
        site: &Site,
    ) -> Result<Flow> {
        let callee = regs.take(base);
        let (mut positional, named) = split_keywords(regs, base + 1, argc, site);
        self.call_value(&callee, &mut positional, &named, regs, dst)
    }

    /// Calls with the list in `base + 1` and the dict in `base + 2`.
    pub(super) fn call_spread(&mut self, regs: Registers, dst: Reg, base: Reg) -> Result<Flow> {
        let (callee, list, dict) = (regs.take(base), regs.take(base + 1), regs.take(base + 2));
        let mut positional = match (list.exact::<List>(), list.exact::<Tuple>()) {
            (Some(list), _) => list.items.take(),
            (_, Some(tuple)) => tuple.items.to_vec(),
            _ => Vec::new(),
        };
        let mut named = Vec::new();
        if let Some(dict) = dict.exact::<Dict>() {
            for (key, value) in dict.entries() {
                match key.get::<crate::lang::object::Str>() {
                    Some(name) => named.push((name.interned(), value)),
                    None => return Err(type_error("keywords must be strings")),
                }
            }
        }
        self.call_value(&callee, &mut positional, &named, regs, dst)
    }

    /// Calls anything; the result goes into `dst` now or when the pushed frame returns.
    pub(super) fn call_value(
        &mut self,
        callee: &Value,
        positional: &mut Vec<Value>,
        named: &[(Name, Value)],
        regs: Registers,
        dst: Reg,
    ) -> Result<Flow> {
        match callee.kind() {
            Some(Kind::Function) => {
                let function = callee
                    .exact::<Function>()
                    .expect("the kind says so")
                    .clone();
                let frame = self.frame_for(
                    &function,
                    positional.drain(..),
                    named,
                    Return::Register(dst),
                )?;
                self.enter(frame, regs, dst)
            }
            Some(Kind::Method) => {
                let method = callee.exact::<Method>().expect("the kind says so");
                positional.insert(0, method.receiver.clone());
                self.call_value(&method.function.clone(), positional, named, regs, dst)
            }
            Some(Kind::Class) => {
                let class = callee.exact::<Class>().expect("the kind says so").clone();
                self.call_class(&class, callee, positional, named, regs, dst)
            }
            Some(Kind::Instance) => match callee.with_class(|class| class.special(Special::Call)) {
                Some(method) if method.kind() == Some(Kind::Function) => {
                    positional.insert(0, callee.clone());
                    self.call_value(&method, positional, named, regs, dst)
                }
                _ => self.call_other(callee, positional, named, regs, dst),
            },
            _ => self.call_other(callee, positional, named, regs, dst),
        }
    }

    fn call_other(
        &mut self,
        callee: &Value,
        positional: &[Value],
        named: &[(Name, Value)],
        regs: Registers,
        dst: Reg,
    ) -> Result<Flow> {
        let result = self.call_directly(
            callee,
            Args {
                positional,
                keywords: named,
            },
        )?;
        regs.set(dst, result);
        Ok(Flow::Done)
    }

    fn call_class(
        &mut self,
        class: &Ref<Class>,
        callee: &Value,
        positional: &mut Vec<Value>,
        named: &[(Name, Value)],
        regs: Registers,
        dst: Reg,
    ) -> Result<Flow> {
        if let Some(function) = script_init(class) {
            let instance = Value::from(Instance::new(class));
            let receiver = std::iter::once(instance.clone());
            let arguments: Vec<Value> = receiver.chain(positional.drain(..)).collect();
            let mut frame =
                self.frame_for(&function, arguments.into_iter(), named, Return::Init(dst))?;
            frame.kept = instance;
            return self.enter(frame, regs, dst);
        }
        self.call_other(callee, positional, named, regs, dst)
    }

    /// Pushes the frame of a call whose arguments stand in registers.
    #[inline]
    pub(super) fn push_call(
        &mut self,
        function: Ref<Function>,
        regs: Registers,
        first: Reg,
        argc: usize,
        dst: Reg,
    ) -> Result<Flow> {
        if usize::from(function.code.plain) != argc {
            return self.push_bound(function, regs, first, argc, dst);
        }
        self.push_plain(function, regs, first, argc, dst)?;
        Ok(Flow::Pushed)
    }

    /// The same where the arguments are as many as `Code::plain` says.
    #[inline(always)]
    pub(super) fn push_plain(
        &mut self,
        function: Ref<Function>,
        regs: Registers,
        first: Reg,
        argc: usize,
        dst: Reg,
    ) -> Result<*mut Frame> {
        let frame = self.frames.next(function, Return::Register(dst), argc);
        regs.move_to(first, argc, Registers::of(&mut frame.regs), 0);
        self.begin()
    }

    /// The same where defaults or starred parameters are to be filled, or a generator is to be made.
    #[inline(never)]
    fn push_bound(
        &mut self,
        function: Ref<Function>,
        regs: Registers,
        first: Reg,
        argc: usize,
        dst: Reg,
    ) -> Result<Flow> {
        if let Some(missing) = defaulted(&function, argc) {
            let frame = self
                .frames
                .next(function, Return::Register(dst), argc + missing);
            let params = Registers::of(&mut frame.regs);
            regs.move_to(first, argc, params, 0);
            fill_defaults(frame, argc, missing);
            self.begin()?;
            return Ok(Flow::Pushed);
        }
        let mut frame = self.frames.aside(function, Return::Register(dst));
        let arguments = (0..argc).map(|i| regs.take(first + i as Reg));
        parameters::bind(&mut frame, arguments, &[])?;
        self.enter(frame, regs, dst)
    }

    /// Pushes the frame of `__init__` for the call of a plain script class whose arguments stand in registers;
    /// nothing where the class is made in another way.
    #[inline]
    fn push_init(
        &mut self,
        class: &Ref<Class>,
        regs: Registers,
        first: Reg,
        argc: usize,
        dst: Reg,
    ) -> Result<Option<Flow>> {
        let Some(function) = script_init(class) else {
            return Ok(None);
        };
        let instance = Value::from(Instance::new(class));
        let missing = match usize::from(function.code.plain) == argc + 1 {
            true => Some(0),
            false => defaulted(&function, argc + 1),
        };
        let Some(missing) = missing else {
            let mut frame = self.frames.aside(function, Return::Init(dst));
            frame.kept = instance.clone();
            let take = |i: usize| match i {
                0 => instance.clone(),
                _ => regs.take(first + i as Reg - 1),
            };
            parameters::bind(&mut frame, (0..argc + 1).map(take), &[])?;
            self.tick()?;
            self.push(frame)?;
            return Ok(Some(Flow::Pushed));
        };
        let frame = self
            .frames
            .next(function, Return::Init(dst), argc + 1 + missing);
        frame.kept = instance.clone();
        let params = Registers::of(&mut frame.regs);
        params.put(0, instance);
        regs.move_to(first, argc, params, 1);
        fill_defaults(frame, argc + 1, missing);
        self.begin()?;
        Ok(Some(Flow::Pushed))
    }

    /// Begins to run a frame; the call of a generator function ends at once with a generator.
    fn enter(&mut self, frame: Box<Frame>, regs: Registers, dst: Reg) -> Result<Flow> {
        if frame.code.flags.generator {
            regs.set(dst, generator_of(frame));
            return Ok(Flow::Done);
        }
        self.tick()?;
        self.push(frame)?;
        Ok(Flow::Pushed)
    }
}

/// The `__init__` of a class whose instances are made without anything else of the script's taking part.
#[inline]
fn script_init(class: &Ref<Class>) -> Option<Ref<Function>> {
    let find = || {
        let plain = !class.native
            && class.make.is_none()
            && class.metaclass.is_none()
            && protocol::script_new(class).is_none();
        let init = class.special(Special::Init).filter(|_| plain)?;
        let function = init.exact::<Function>()?;
        (!function.code.flags.generator).then(|| init.clone())
    };
    class.construction(find)?.into_exact::<Function>().ok()
}
