//! Signatures of callables, written as text in Python's notation, and the binding of arguments to them.

/// How a parameter may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Before a `/`: by position only.
    PositionalOnly,
    /// By position or by name.
    Positional,
    /// `*args`: collects further positional arguments.
    Star,
    /// After `*` or `*args`: by name only.
    KeywordOnly,
    /// `**kwargs`: collects further named arguments.
    DoubleStar,
}

/// A default written in a signature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Default {
    /// `None`
    None,
    /// `True` or `False`
    Bool(bool),
    /// An integer literal.
    Int(i64),
    /// A float literal, `inf` included.
    Float(f64),
    /// A quoted string without escapes.
    Str(&'static str),
    /// A tuple of simple literals, as its text: `(0.9, 0.999)`.
    Tuple(&'static str),
    /// `...`: the callee must tell by itself that the argument was left out.
    Absent,
}

/// One parameter of a [`Signature`].
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Its name, without stars.
    pub name: &'static str,
    /// How it may be given.
    pub kind: Kind,
    /// What it is when left out; `None` where it must be given.
    pub default: Option<Default>,
}

/// A parsed signature such as `sum(input, dim=None, keepdim=False, *, dtype=None) -> Tensor`.
#[derive(Clone, Debug, PartialEq)]
pub struct Signature {
    /// The callable's name.
    pub name: &'static str,
    /// Its parameters in order.
    pub params: Vec<Param>,
    /// How many leading parameters can be filled by position (`Star` not counted).
    pub positional: usize,
    /// How many of those have no default.
    pub required: usize,
    /// Whether all parameters are positional ones, so that a call by position needs no binding.
    pub simple: bool,
    /// The text after `->`, if any.
    pub returns: Option<&'static str>,
}

/// Why arguments do not fit a signature. The wings put it into Python's or PyTorch's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BindError {
    /// More positional arguments than parameters: how many were given.
    TooMany(usize),
    /// Required parameters left out.
    Missing(Vec<&'static str>),
    /// A name that no parameter has.
    Unexpected(String),
    /// A parameter given by position and by name.
    Multiple(&'static str),
}

/// Arguments in the order of a signature's parameters.
#[derive(Debug)]
pub struct Bound<V> {
    /// One entry a parameter; `None` where it was left out, and for the starred ones.
    pub slots: Vec<Option<V>>,
    /// What `*args` collected.
    pub star: Vec<V>,
    /// What `**kwargs` collected.
    pub named: Vec<(String, V)>,
}

impl Signature {
    /// Parses a signature. Panics on malformed text: signatures are part of the program, and a test parses them all.
    pub fn parse(text: &'static str) -> Signature {
        let open = text
            .find('(')
            .expect("a signature has an opening parenthesis");
        let head = text.find("->").unwrap_or(text.len());
        let close = text[..head]
            .rfind(')')
            .filter(|&c| c > open)
            .expect("a signature has a closing parenthesis");
        let returns = text[close + 1..].trim().strip_prefix("->").map(str::trim);
        let params = parse_params(&text[open + 1..close]);
        let by_position = |p: &&Param| matches!(p.kind, Kind::PositionalOnly | Kind::Positional);
        let positional = params.iter().filter(by_position).count();
        let required = params
            .iter()
            .filter(by_position)
            .filter(|p| p.default.is_none())
            .count();
        let simple = positional == params.len();
        Signature {
            name: text[..open].trim(),
            params,
            positional,
            required,
            simple,
            returns,
        }
    }

    /// Puts arguments in the order of the parameters.
    pub fn bind<V>(
        &self,
        positional: impl IntoIterator<Item = V>,
        named: impl IntoIterator<Item = (String, V)>,
    ) -> Result<Bound<V>, BindError> {
        let mut bound = Bound {
            slots: self.params.iter().map(|_| None).collect(),
            star: Vec::new(),
            named: Vec::new(),
        };
        let has = |kind| self.params.iter().any(|p| p.kind == kind);
        let mut given = 0;
        for value in positional {
            if given < self.positional {
                bound.slots[given] = Some(value);
            } else {
                bound.star.push(value);
            }
            given += 1;
        }
        if given > self.positional && !has(Kind::Star) {
            return Err(BindError::TooMany(given));
        }
        for (name, value) in named {
            match self.index_of_named(&name) {
                Some(i) if bound.slots[i].is_some() => {
                    return Err(BindError::Multiple(self.params[i].name));
                }
                Some(i) => bound.slots[i] = Some(value),
                None if has(Kind::DoubleStar) => bound.named.push((name, value)),
                None => return Err(BindError::Unexpected(name)),
            }
        }
        let missing: Vec<_> = self.missing(&bound.slots).collect();
        if missing.is_empty() {
            Ok(bound)
        } else {
            Err(BindError::Missing(missing))
        }
    }

    /// The place of the parameter that can be given as `name=`.
    pub fn index_of_named(&self, name: &str) -> Option<usize> {
        self.params
            .iter()
            .position(|p| p.name == name && matches!(p.kind, Kind::Positional | Kind::KeywordOnly))
    }

    fn missing<'a, V>(&'a self, slots: &'a [Option<V>]) -> impl Iterator<Item = &'static str> + 'a {
        let left_out = |(p, slot): (&Param, &Option<V>)| {
            let needed = p.default.is_none() && !matches!(p.kind, Kind::Star | Kind::DoubleStar);
            (needed && slot.is_none()).then_some(p.name)
        };
        self.params.iter().zip(slots).filter_map(left_out)
    }
}

fn parse_params(text: &'static str) -> Vec<Param> {
    let mut params: Vec<Param> = Vec::new();
    let mut keyword_only = false;
    for part in split_commas(text) {
        if part == "/" {
            params
                .iter_mut()
                .for_each(|p| p.kind = Kind::PositionalOnly);
        } else if part == "*" {
            keyword_only = true;
        } else if let Some(name) = part.strip_prefix("**") {
            params.push(Param {
                name,
                kind: Kind::DoubleStar,
                default: None,
            });
        } else if let Some(name) = part.strip_prefix('*') {
            keyword_only = true;
            params.push(Param {
                name,
                kind: Kind::Star,
                default: None,
            });
        } else {
            let (name, default) = match part.split_once('=') {
                Some((name, text)) => (name.trim(), Some(parse_default(text.trim()))),
                None => (part, None),
            };
            let kind = if keyword_only {
                Kind::KeywordOnly
            } else {
                Kind::Positional
            };
            params.push(Param {
                name,
                kind,
                default,
            });
        }
    }
    params
}

/// Splits at commas outside quotes and brackets.
fn split_commas(text: &'static str) -> Vec<&'static str> {
    let (mut parts, mut start, mut quote, mut depth) = (Vec::new(), 0, None, 0);
    for (i, c) in text.char_indices() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(q), _) if q == c => quote = None,
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth -= 1,
            (None, ',') if depth == 0 => {
                parts.push(text[start..i].trim());
                start = i + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts.retain(|p| !p.is_empty());
    parts
}

impl Default {
    /// The elements of a tuple.
    pub fn items(self) -> Vec<Default> {
        match self {
            Default::Tuple(text) => split_commas(&text[1..text.len() - 1])
                .into_iter()
                .map(parse_default)
                .collect(),
            single => vec![single],
        }
    }
}

fn parse_default(text: &'static str) -> Default {
    match text {
        "None" => Default::None,
        "True" => Default::Bool(true),
        "False" => Default::Bool(false),
        "..." => Default::Absent,
        "inf" => Default::Float(f64::INFINITY),
        "-inf" => Default::Float(f64::NEG_INFINITY),
        // The one default that is written with an escape.
        "'\\n'" => Default::Str("\n"),
        _ if text.starts_with(['\'', '"']) => Default::Str(&text[1..text.len() - 1]),
        _ if text.starts_with('(') => Default::Tuple(text),
        _ => match (text.parse(), text.parse()) {
            (Ok(i), _) => Default::Int(i),
            (_, Ok(x)) => Default::Float(x),
            _ => panic!("a default in a signature is a literal or `...`: {text}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_parsed() {
        let s = Signature::parse(
            "sum(input, /, dim=None, *rest, keepdim=False, sep=', ', **more) -> Tensor",
        );
        let kinds: Vec<_> = s.params.iter().map(|p| p.kind).collect();
        use Kind::*;
        assert_eq!(
            kinds,
            [
                PositionalOnly,
                Positional,
                Star,
                KeywordOnly,
                KeywordOnly,
                DoubleStar
            ]
        );
        assert_eq!(
            (s.name, s.positional, s.required, s.simple),
            ("sum", 2, 1, false)
        );
        assert_eq!(s.params[4].default, Some(Default::Str(", ")));
        assert_eq!(s.returns, Some("Tensor"));
    }

    #[test]
    fn arguments_are_bound_or_refused() {
        let s = Signature::parse("f(a, b=1, *, c=2)");
        let named = |n: &str, v| (n.to_string(), v);
        let ok = s.bind([10], [named("c", 30)]).expect("fits");
        assert_eq!(ok.slots, [Some(10), None, Some(30)]);
        assert_eq!(s.bind([1, 2, 3], []).unwrap_err(), BindError::TooMany(3));
        assert_eq!(
            s.bind([1], [named("a", 2)]).unwrap_err(),
            BindError::Multiple("a")
        );
        assert_eq!(
            s.bind([], [named("b", 2)]).unwrap_err(),
            BindError::Missing(vec!["a"])
        );
        assert_eq!(
            s.bind([1], [named("x", 2)]).unwrap_err(),
            BindError::Unexpected("x".into())
        );
    }
}
