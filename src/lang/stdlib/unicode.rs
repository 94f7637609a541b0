//! `unicodedata`: properties of characters, and normal forms.

use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{
    canonical_combining_class, decompose_canonical, decompose_compatible,
};

use super::arguments::text;
use super::define::{def, def_with};
use crate::base::character_names;
use crate::lang::object::{
    Exc, ModuleSpec, NativeSpec, Raised, Result, Value, not_implemented_error, type_error,
    value_error,
};

/// `unicodedata`
pub(super) static UNICODEDATA: ModuleSpec = ModuleSpec {
    name: "unicodedata",
    doc: "Properties of characters, and normal forms.",
    functions: FUNCTIONS,
    setup: |_, module| {
        module.set("unidata_version", "16.0.0");
        Ok(())
    },
};

static FUNCTIONS: &[NativeSpec] = &[
    def("bidirectional(chr, /)", "Not to be had.", |_, _| {
        Err(missing("bidirectional"))
    }),
    def_with(
        "category(chr, /)",
        "The general category of a character.",
        &[("import unicodedata; unicodedata.category('A')", "'Lu'")],
        |_, args| {
            Ok(Value::str(abbreviation(get_general_category(one(
                args, "category",
            )?))))
        },
    ),
    def(
        "combining(chr, /)",
        "The combining class of a character.",
        |_, args| {
            Ok(Value::Int(
                canonical_combining_class(one(args, "combining")?).into(),
            ))
        },
    ),
    def(
        "decimal(chr, default=..., /)",
        "The decimal digit of a character.",
        |_, args| number(args, "decimal", "not a decimal"),
    ),
    def(
        "decomposition(chr, /)",
        "How a character is composed.",
        |_, args| {
            let c = one(args, "decomposition")?;
            let mut parts = Vec::new();
            decompose_canonical(c, |part| parts.push(part));
            if parts == [c] {
                parts.clear();
                decompose_compatible(c, |part| parts.push(part));
                if parts == [c] {
                    return Ok(Value::str(""));
                }
            }
            let codes: Vec<String> = parts
                .iter()
                .map(|c| format!("{:04X}", u32::from(*c)))
                .collect();
            Ok(Value::str(codes.join(" ")))
        },
    ),
    def(
        "digit(chr, default=..., /)",
        "The digit of a character.",
        |_, args| number(args, "digit", "not a digit"),
    ),
    def("east_asian_width(chr, /)", "Not to be had.", |_, _| {
        Err(missing("east_asian_width"))
    }),
    def(
        "is_normalized(form, unistr, /)",
        "Whether a text is in a normal form.",
        |_, args| {
            let normal = normalized(args)?;
            Ok(Value::Bool(args[1].as_str() == Some(normal.as_str())))
        },
    ),
    def(
        "lookup(name, /)",
        "The character of a name.",
        |_, args| match args[0].as_str() {
            Some(name) => match character_names::character(name) {
                Some(c) => Ok(Value::str(c.to_string())),
                None => Err(Raised::new(
                    Exc::KeyError,
                    format!("undefined character name '{name}'"),
                )),
            },
            None => Err(type_error(format!(
                "lookup() argument must be str, not {}",
                args[0].class_name()
            ))),
        },
    ),
    def("mirrored(chr, /)", "Not to be had.", |_, _| {
        Err(missing("mirrored"))
    }),
    def(
        "name(chr, default=..., /)",
        "The name of a character.",
        |_, args| {
            let c = one(args, "name")?;
            if let Some(name) = character_names::name(c) {
                return Ok(Value::str(name));
            }
            use GeneralCategory as G;
            let nameless = matches!(
                get_general_category(c),
                G::Control | G::Unassigned | G::PrivateUse | G::Surrogate
            );
            match &args[1] {
                _ if !nameless => Err(missing("name")),
                Value::Unbound => Err(value_error("no such name")),
                default => Ok(default.clone()),
            }
        },
    ),
    def_with(
        "normalize(form, unistr, /)",
        "A text in a normal form: 'NFC', 'NFD', 'NFKC' or 'NFKD'.",
        &[(
            "import unicodedata; len(unicodedata.normalize('NFD', 'é'))",
            "2",
        )],
        |_, args| normalized(args).map(Value::str),
    ),
    def(
        "numeric(chr, default=..., /)",
        "The number that a character stands for.",
        |_, args| match number(args, "numeric", "not a numeric character")? {
            Value::Int(digit) => Ok(Value::Float(digit as f64)),
            other => Ok(other),
        },
    ),
];

fn missing(name: &str) -> Raised {
    not_implemented_error(format!("unicodedata.{name}"))
}

fn one(args: &[Value], function: &str) -> Result<char> {
    let Some(text) = args[0].as_str() else {
        return Err(type_error(format!(
            "{function}() argument must be a unicode character, not {}",
            args[0].class_name()
        )));
    };
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => Ok(c),
        _ => Err(type_error(format!(
            "{function}() argument must be a unicode character, not str"
        ))),
    }
}

/// The digit of a character: those of category Nd come in runs of ten.
fn number(args: &[Value], function: &str, refusal: &str) -> Result<Value> {
    let c = match args[0].as_str().map(|text| text.chars().count()) {
        Some(1) => one(args, function)?,
        _ => {
            return Err(type_error(format!(
                "{function}() argument 1 must be a unicode character, not {}",
                args[0].class_name()
            )));
        }
    };
    if let Some(digit) = c.to_digit(10) {
        return Ok(Value::Int(digit.into()));
    }
    let is_digit = |code: u32| {
        char::from_u32(code)
            .is_some_and(|c| get_general_category(c) == GeneralCategory::DecimalNumber)
    };
    let code = u32::from(c);
    if is_digit(code) {
        let mut start = code;
        while start > 0 && is_digit(start - 1) {
            start -= 1;
        }
        return Ok(Value::Int(i64::from((code - start) % 10)));
    }
    if args[1].is_unbound() {
        Err(value_error(refusal))
    } else {
        Ok(args[1].clone())
    }
}

fn normalized(args: &[Value]) -> Result<String> {
    let form = text(&args[0], "normalize", "argument 1")?;
    let value = text(&args[1], "normalize", "argument 2")?;
    Ok(match form {
        "NFC" => value.nfc().collect(),
        "NFD" => value.nfd().collect(),
        "NFKC" => value.nfkc().collect(),
        "NFKD" => value.nfkd().collect(),
        _ => return Err(value_error("invalid normalization form")),
    })
}

fn abbreviation(category: GeneralCategory) -> &'static str {
    use GeneralCategory as G;
    match category {
        G::UppercaseLetter => "Lu",
        G::LowercaseLetter => "Ll",
        G::TitlecaseLetter => "Lt",
        G::ModifierLetter => "Lm",
        G::OtherLetter => "Lo",
        G::NonspacingMark => "Mn",
        G::SpacingMark => "Mc",
        G::EnclosingMark => "Me",
        G::DecimalNumber => "Nd",
        G::LetterNumber => "Nl",
        G::OtherNumber => "No",
        G::ConnectorPunctuation => "Pc",
        G::DashPunctuation => "Pd",
        G::OpenPunctuation => "Ps",
        G::ClosePunctuation => "Pe",
        G::InitialPunctuation => "Pi",
        G::FinalPunctuation => "Pf",
        G::OtherPunctuation => "Po",
        G::MathSymbol => "Sm",
        G::CurrencySymbol => "Sc",
        G::ModifierSymbol => "Sk",
        G::OtherSymbol => "So",
        G::SpaceSeparator => "Zs",
        G::LineSeparator => "Zl",
        G::ParagraphSeparator => "Zp",
        G::Control => "Cc",
        G::Format => "Cf",
        G::Surrogate => "Cs",
        G::PrivateUse => "Co",
        G::Unassigned => "Cn",
        _ => "Cn",
    }
}
