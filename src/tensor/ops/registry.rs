//! All ops, found by name and face.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::args::{Arg, Args, Out};
use super::complex::call::Unusual;
use super::out::store;
use super::samples::{Make, Sample};
use super::spec::{
    FFT, FUNCTION, FUNCTION_IN_PLACE, FUNCTIONAL, FUNCTIONAL_IN_PLACE, IN_PLACE, LINALG, METHOD,
    Op, PROPERTY, SPECIAL,
};
use super::{
    activation, attention, autocast, complex, conv, create, dense, embedding, fft, in_place, index,
    info, linalg, loss, norm, pointwise, pool, random, recurrent, reduce, shape, unsigned, vision,
};
use crate::base::spec::Signature;
use crate::tensor::array::error::bail;
use crate::tensor::array::{DType, Error, ErrorKind, Result};

/// The families' lists.
const FAMILIES: &[&[&Op]] = &[
    activation::OPS,
    attention::OPS,
    complex::OPS,
    conv::OPS,
    create::OPS,
    dense::OPS,
    embedding::OPS,
    fft::OPS,
    index::OPS,
    info::OPS,
    linalg::OPS,
    loss::OPS,
    norm::OPS,
    pointwise::OPS,
    pool::OPS,
    random::OPS,
    recurrent::OPS,
    reduce::OPS,
    shape::OPS,
    vision::OPS,
];

/// An op and its signature, which is parsed when it is first needed.
pub struct Entry {
    /// The op.
    pub op: &'static Op,
    signature: OnceLock<Signature>,
}

impl Entry {
    /// For an op that stands in no family's list, such as those of `nn.init`.
    pub const fn new(op: &'static Op) -> Entry {
        Entry {
            op,
            signature: OnceLock::new(),
        }
    }

    /// The parsed signature.
    #[inline]
    pub fn signature(&self) -> &Signature {
        self.signature
            .get_or_init(|| Signature::parse(self.op.signature))
    }
}

const COUNT: usize = {
    let (mut count, mut f) = (0, 0);
    while f < FAMILIES.len() {
        count += FAMILIES[f].len();
        f += 1;
    }
    count
};

/// The ops without their samples, which only tests ask for: a program is linked without those.
static OPS: [Op; COUNT] = {
    let mut ops = [Op::BASE; COUNT];
    let (mut count, mut f) = (0, 0);
    while f < FAMILIES.len() {
        let mut i = 0;
        while i < FAMILIES[f].len() {
            ops[count] = Op {
                samples: Op::BASE.samples,
                ..*FAMILIES[f][i]
            };
            count += 1;
            i += 1;
        }
        f += 1;
    }
    ops
};

/// Every op, in the order of the families' lists.
pub fn all() -> &'static [Entry] {
    static ALL: OnceLock<Vec<Entry>> = OnceLock::new();
    ALL.get_or_init(|| OPS.iter().map(Entry::new).collect())
}

/// Arguments to test every op with, in the order of [`all`].
pub fn samples() -> impl Iterator<Item = fn(&Make) -> Vec<Sample>> {
    FAMILIES
        .iter()
        .flat_map(|family| family.iter().map(|op| op.samples))
}

/// One face of an op, ready to be called.
#[derive(Clone, Copy)]
pub struct Callable {
    /// The op.
    pub entry: &'static Entry,
    /// Whether it is the in-place form.
    pub in_place: bool,
    /// Whether it is called on a tensor.
    pub method: bool,
}

type Names = HashMap<(u16, &'static str), &'static Entry>;

fn names() -> &'static Names {
    static NAMES: OnceLock<Names> = OnceLock::new();
    NAMES.get_or_init(|| {
        let mut names = HashMap::new();
        for entry in all() {
            for face in [
                FUNCTION,
                METHOD,
                IN_PLACE,
                FUNCTIONAL,
                FUNCTION_IN_PLACE,
                FFT,
                LINALG,
                SPECIAL,
                FUNCTIONAL_IN_PLACE,
                PROPERTY,
            ] {
                if entry.op.faces & face != 0 {
                    let own = [entry.op.name()];
                    for name in own.iter().chain(entry.op.aliases) {
                        names.insert((face, *name), entry);
                    }
                }
            }
        }
        names
    })
}

fn find(face: u16, in_place_face: u16, name: &str) -> Option<Callable> {
    let method = face == METHOD;
    if let Some(entry) = names().get(&(face, name)) {
        return Some(Callable {
            entry,
            in_place: false,
            method,
        });
    }
    let stem = name.strip_suffix('_')?;
    let entry = names().get(&(in_place_face, stem))?;
    Some(Callable {
        entry,
        in_place: true,
        method,
    })
}

/// `torch.<name>`
pub fn function(name: &str) -> Option<Callable> {
    find(FUNCTION, FUNCTION_IN_PLACE, name)
}

/// `tensor.<name>`
pub fn method(name: &str) -> Option<Callable> {
    find(METHOD, IN_PLACE, name)
}

/// `torch.nn.functional.<name>`
pub fn functional(name: &str) -> Option<Callable> {
    find(FUNCTIONAL, FUNCTIONAL_IN_PLACE, name)
}

/// `torch.linalg.<name>`
pub fn linalg(name: &str) -> Option<Callable> {
    in_module(LINALG, &format!("linalg_{name}"))
}

/// `torch.fft.<name>`
pub fn fft(name: &str) -> Option<Callable> {
    in_module(FFT, &format!("fft_{name}"))
}

fn in_module(face: u16, name: &str) -> Option<Callable> {
    names().get(&(face, name)).map(|entry| Callable {
        entry,
        in_place: false,
        method: false,
    })
}

/// Names that `torch.special` has for ops with another name.
const SPECIAL_ALIASES: &[(&str, &str)] = &[
    ("gammainc", "igamma"),
    ("gammaincc", "igammac"),
    ("gammaln", "lgamma"),
    ("multigammaln", "mvlgamma"),
    ("psi", "digamma"),
];

/// `torch.special.<name>`
pub fn special(name: &str) -> Option<Callable> {
    let alias = SPECIAL_ALIASES.iter().find(|(alias, _)| *alias == name);
    let key = alias.map_or((SPECIAL, name), |(_, own)| (FUNCTION, *own));
    names().get(&key).map(|entry| Callable {
        entry,
        in_place: false,
        method: false,
    })
}

/// `tensor.<name>` without parentheses
pub fn property(name: &str) -> Option<Callable> {
    names().get(&(PROPERTY, name)).map(|entry| Callable {
        entry,
        in_place: false,
        method: true,
    })
}

/// All names with a face, sorted; the in-place ones end in `_`.
pub fn names_of(face: u16) -> Vec<String> {
    let own = |(f, n): &(u16, &'static str)| (*f == face).then(|| n.to_string());
    let in_place_face = match face {
        METHOD => IN_PLACE,
        FUNCTION => FUNCTION_IN_PLACE,
        FUNCTIONAL => FUNCTIONAL_IN_PLACE,
        _ => 0,
    };
    let in_place = |(f, n): &(u16, &'static str)| (*f == in_place_face).then(|| format!("{n}_"));
    let mut out: Vec<String> = names()
        .keys()
        .filter_map(own)
        .chain(names().keys().filter_map(in_place))
        .collect();
    out.sort_unstable();
    out
}

impl Callable {
    /// Binds the arguments and runs the op. For a method the first positional argument is the tensor.
    pub fn call(
        &self,
        positional: impl IntoIterator<Item = Arg>,
        named: impl IntoIterator<Item = (String, Arg)>,
    ) -> Result<Out> {
        let args = match autocast::target(self.entry.op.name()) {
            None => Args::bind(self.entry.signature(), self.method, positional, named),
            Some(dtype) => self.bind_cast(positional, named, dtype),
        };
        let done = args.and_then(|args| self.run(args));
        if self.in_place {
            return done.map_err(|e| self.in_place_words(e));
        }
        done
    }

    /// Binds arguments whose tensors are converted first.
    #[inline(never)]
    fn bind_cast(
        &self,
        positional: impl IntoIterator<Item = Arg>,
        named: impl IntoIterator<Item = (String, Arg)>,
        dtype: DType,
    ) -> Result<Args<'_>> {
        let positional: Vec<Arg> = positional
            .into_iter()
            .map(|arg| autocast::cast_arg(arg, dtype))
            .collect::<Result<_>>()?;
        let named: Vec<(String, Arg)> = named
            .into_iter()
            .map(|(name, arg)| Ok((name, autocast::cast_arg(arg, dtype)?)))
            .collect::<Result<_>>()?;
        Args::bind(self.entry.signature(), self.method, positional, named)
    }

    /// The refusal of an argument names the in-place form.
    #[cold]
    fn in_place_words(&self, error: Error) -> Error {
        let name = self.entry.op.name();
        if let ("addmm" | "addmv" | "baddbmm", Some(sizes)) =
            (name, error.message().strip_prefix("output with shape "))
        {
            let sizes = sizes.replace(
                " doesn't match the broadcast shape ",
                " and output tensor size ",
            );
            return Error::runtime(format!(
                "Bad in-place call: input tensor size {sizes} should match"
            ));
        }
        let rest = error.message().strip_prefix(name);
        match rest.filter(|rest| rest.starts_with("()")) {
            Some(rest) if error.kind() == ErrorKind::Type => Error::type_(format!("{name}_{rest}")),
            _ => error,
        }
    }

    fn run(&self, args: Args) -> Result<Out> {
        match complex::call::unusual(&args) {
            None => self.run_plain(args),
            Some(kind) => self.run_unusual(args, kind),
        }
    }

    /// With dtypes that kernels are not compiled for.
    #[cold]
    fn run_unusual(&self, mut args: Args, kind: Unusual) -> Result<Out> {
        let (op, name) = (self.entry.op, args.name());
        let first = self.entry.signature().params.first().map_or("", |p| p.name);
        let on_complex = |args: &Args, dtype| complex::call::on_complex(args, dtype, op.call);
        match kind {
            Unusual::Complex(_)
                if self.in_place
                    && op.in_place.is_some()
                    && complex::call::has_own_form_in_place(name) =>
            {
                self.run_plain(args)
                    .map_err(|e| complex::call::worded(e, name))
            }
            Unusual::Complex(_) if self.in_place && name == "abs" => {
                bail!("In-place abs is not supported for complex tensors.")
            }
            Unusual::Complex(dtype) if self.in_place => {
                let x = args.tensor(first)?.clone();
                in_place::apply(&x, |source| {
                    args.set(first, Arg::Tensor(source.clone()));
                    Ok(on_complex(&args, dtype)?.tensors().swap_remove(0))
                })
                .map(Out::Tensor)
            }
            Unusual::Complex(dtype) => {
                let target = match args.has_parameter("out") {
                    true => args.take("out").filter(|arg| !matches!(arg, Arg::None)),
                    false => None,
                };
                let out = renamed(op.node, on_complex(&args, dtype)?);
                if target.is_none() {
                    Ok(out)
                } else {
                    store(name, target, out)
                }
            }
            Unusual::Unsigned(dtype) => {
                unsigned::check(&args, dtype)?;
                if self.in_place || !unsigned::is_of_bits(name) {
                    return self
                        .run_plain(args)
                        .map_err(|e| complex::call::worded(e, name));
                }
                let out = self.run_plain(unsigned::with_sign(&args)?)?;
                Ok(unsigned::without_sign(out, dtype))
            }
            Unusual::Small
                if !(complex::call::takes_small(name)
                    || self.in_place && op.in_place.is_some()) =>
            {
                self.run_widened(args)
                    .map_err(|e| complex::call::worded(e, name))
            }
            Unusual::Small => {
                let done = self.run_plain(args.copy());
                let refused = |e: &Error| e.kind() == ErrorKind::Refused;
                if !done.as_ref().is_err_and(refused) {
                    return done;
                }
                self.run_widened(args)
                    .map_err(|e| complex::call::worded(e, name))
            }
        }
    }

    /// Floats of 16 bits: computed in `float32` and rounded.
    fn run_widened(&self, mut args: Args) -> Result<Out> {
        if !self.in_place {
            let out = self.take_out(&mut args);
            let target = complex::call::widen(&mut args)?;
            let result = complex::call::narrow(self.run_plain(args)?, target)?;
            return match out {
                Some(_) => store(self.entry.op.name(), out, result),
                None => Ok(result),
            };
        }
        let first = self.entry.signature().params[0].name;
        let x = args.tensor(first)?.clone();
        in_place::apply(&x, |source| {
            args.set(first, Arg::Tensor(source.clone()));
            complex::call::widen(&mut args)?;
            let out = (self.entry.op.call)(&args)?.tensors();
            match out.first() {
                Some(t) => super::to_dtype(t, x.dtype()),
                None => Err(Error::not_implemented(format!(
                    "torch.Tensor.{}_",
                    args.name()
                ))),
            }
        })
        .map(Out::Tensor)
    }

    fn run_plain(&self, mut args: Args) -> Result<Out> {
        let op = self.entry.op;
        if self.in_place {
            if let Some(direct) = op.in_place {
                return direct(&args);
            }
            let first = self.entry.signature().params[0].name;
            let x = args.tensor(first)?.clone();
            let recorded = args.require_grad();
            let call = |source: &crate::tensor::core::Tensor| {
                args.set(first, Arg::Tensor(source.clone()));
                match (op.call)(&args)? {
                    Out::Tensor(t) => Ok(t),
                    _ => Err(Error::not_implemented(format!(
                        "torch.Tensor.{}_",
                        op.name()
                    ))),
                }
            };
            return match recorded {
                true => in_place::apply(&x, call),
                false => in_place::overwrite(&x, call),
            }
            .map(Out::Tensor);
        }
        let target = self.take_out(&mut args);
        let result = (op.call)(&args)?;
        match target {
            Some(_) => store(op.name(), target, result),
            None => Ok(renamed(op.node, result)),
        }
    }

    /// The argument `out`, where the op has one and it is given.
    fn take_out(&self, args: &mut Args) -> Option<Arg> {
        let params = &self.entry.signature().params;
        let known = params.iter().any(|p| p.name == "out");
        (known && args.get("out").is_some())
            .then(|| args.take("out"))
            .flatten()
    }
}

/// Results of a composed op under the op's own name.
fn renamed(node: &'static str, out: Out) -> Out {
    use crate::tensor::core::record::named;
    match out {
        Out::Tensor(t) if !node.is_empty() => Out::Tensor(named(node, t)),
        Out::Tensors(ts) if !node.is_empty() => {
            Out::Tensors(ts.into_iter().map(|t| named(node, t)).collect())
        }
        Out::Named {
            name,
            fields,
            values,
        } if !node.is_empty() => Out::Named {
            name,
            fields,
            values: values.into_iter().map(|t| named(node, t)).collect(),
        },
        other => other,
    }
}
