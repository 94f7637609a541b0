//! Calls by natives, which wait for the result.

use crate::lang::object::class::Special;
use crate::lang::object::code::{Function, Return};
use crate::lang::object::protocol;
use crate::lang::object::{
    Args, Class, Kind, Method, Native, Ref, Result, StaticMethod, Value, call_native, type_error,
};

use super::frame::generator_of;
use super::machine::Vm;

impl Vm {
    /// Calls anything to its end.
    pub(super) fn call_directly(&mut self, callee: &Value, args: Args) -> Result<Value> {
        match callee.kind() {
            Some(Kind::Native) => {
                let native = callee.exact::<Native>().expect("the kind says so").clone();
                self.deeper()?;
                let result = call_native(self, &native, args);
                self.native_depth -= 1;
                result
            }
            Some(Kind::Function) => {
                let function = callee
                    .exact::<Function>()
                    .expect("the kind says so")
                    .clone();
                let positional = args.positional.iter().cloned();
                let frame = self.frame_for(&function, positional, args.keywords, Return::Host)?;
                if frame.code.flags.generator {
                    return Ok(generator_of(frame));
                }
                self.run_to_end(frame)
            }
            Some(Kind::Method) => {
                let method = callee.exact::<Method>().expect("the kind says so").clone();
                let mut positional = Vec::with_capacity(args.positional.len() + 1);
                positional.push(method.receiver.clone());
                positional.extend_from_slice(args.positional);
                self.call_directly(
                    &method.function,
                    Args {
                        positional: &positional,
                        keywords: args.keywords,
                    },
                )
            }
            Some(Kind::Class) => {
                let class = callee.exact::<Class>().expect("the kind says so").clone();
                self.construct(&class, callee, args)
            }
            Some(Kind::StaticMethod) => {
                let function = callee
                    .exact::<StaticMethod>()
                    .map(|s| s.function.clone())
                    .unwrap_or_default();
                self.call_directly(&function, args)
            }
            _ => self.call_callable(callee, args),
        }
    }

    fn construct(&mut self, class: &Ref<Class>, callee: &Value, args: Args) -> Result<Value> {
        if let Some(metaclass) = &class.metaclass
            && let Some(hook) = metaclass.special(Special::Call)
            && hook.kind() == Some(Kind::Function)
        {
            let mut positional = vec![callee.clone()];
            positional.extend_from_slice(args.positional);
            return self.call_directly(
                &hook,
                Args {
                    positional: &positional,
                    keywords: args.keywords,
                },
            );
        }
        self.deeper()?;
        let result = protocol::construct(self, class, args);
        self.native_depth -= 1;
        result
    }

    fn call_callable(&mut self, callee: &Value, args: Args) -> Result<Value> {
        let Some(method) = callee.with_class(|class| class.special(Special::Call)) else {
            return Err(type_error(format!(
                "'{}' object is not callable",
                callee.class_name()
            )));
        };
        let mut positional = Vec::with_capacity(args.positional.len() + 1);
        positional.push(callee.clone());
        positional.extend_from_slice(args.positional);
        let plain = matches!(method.kind(), Some(Kind::Function | Kind::Native));
        if plain {
            return self.call_directly(
                &method,
                Args {
                    positional: &positional,
                    keywords: args.keywords,
                },
            );
        }
        // `__call__` may itself be an object to be called in the same way, without end.
        self.deeper()?;
        let class = callee.class();
        let result = protocol::bind(self, &method, callee, &class)
            .and_then(|bound| self.call_directly(&bound, args));
        self.native_depth -= 1;
        result
    }
}
