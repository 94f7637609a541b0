//! Dropout layers.

use super::apply::{call, shown};
use super::spec::{Layer, State, attrs};
use crate::tensor::array::Result;
use crate::tensor::array::error::ensure;
use crate::tensor::core::number::repr;
use crate::tensor::ops::{Arg, Args, Out, dropout};

fn check(a: &Args) -> Result<super::spec::Fields> {
    if let Some(p) = a.arg("p").as_scalar() {
        ensure!(
            (0.0..=1.0).contains(&p.to_f64()),
            Value,
            "dropout probability has to be between 0 and 1, but got {}",
            repr(p)
        );
    }
    Ok(attrs(a, &["p", "inplace"]))
}

fn run(name: &str, s: &dyn State, a: &Args) -> Result<Out> {
    let x = a.tensor("input")?;
    if name == "dropout" && !s.bool("inplace")? {
        return Ok(dropout(x, s.float("p")?, s.training())?.into());
    }
    let training = Arg::Bool(s.training());
    call(
        name,
        [Arg::from(x), s.get("p")?, training, s.get("inplace")?],
        s,
        &[],
    )
}

macro_rules! dropouts {
    ($($STATIC:ident $signature:literal $op:literal $doc:literal $prints:literal;)*) => {$(
        #[doc = concat!("`nn.", $signature, "`")]
        pub static $STATIC: Layer = Layer {
            signature: $signature,
            doc: $doc,
            examples: &[(concat!("nn.", $signature), $prints)],
            init: check,
            forward: |s, a| run($op, s, a),
            extra_repr: |s| shown(s, &["p", "inplace"]),
            base: "_DropoutNd",
            ..Layer::BASE
        };
    )*};
}

dropouts! {
    ALPHA_DROPOUT "AlphaDropout(p=0.5, inplace=False)" "alpha_dropout"
        "Dropout that keeps mean and variance, for use with SELU." "AlphaDropout(p=0.5, inplace=False)";
    DROPOUT "Dropout(p=0.5, inplace=False)" "dropout"
        "In training, sets elements to 0 with probability `p` and scales the others up by `1 / (1 - p)`."
        "Dropout(p=0.5, inplace=False)";
    DROPOUT1D "Dropout1d(p=0.5, inplace=False)" "dropout1d"
        "Dropout of whole channels of sequences." "Dropout1d(p=0.5, inplace=False)";
    DROPOUT2D "Dropout2d(p=0.5, inplace=False)" "dropout2d"
        "Dropout of whole channels of images." "Dropout2d(p=0.5, inplace=False)";
    DROPOUT3D "Dropout3d(p=0.5, inplace=False)" "dropout3d"
        "Dropout of whole channels of volumes." "Dropout3d(p=0.5, inplace=False)";
    FEATURE_ALPHA_DROPOUT "FeatureAlphaDropout(p=0.5, inplace=False)" "feature_alpha_dropout"
        "Alpha dropout of whole channels." "FeatureAlphaDropout(p=0.5, inplace=False)";
}
