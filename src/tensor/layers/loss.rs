//! Losses as layers.

use super::apply::on_inputs;
use super::spec::{Fields, Layer, State, attr, attrs, buffer};
use crate::tensor::array::Result;
use crate::tensor::array::error::{bail, ensure};
use crate::tensor::ops::loss::reduction::{reduction_name, sized};
use crate::tensor::ops::loss::{Reduction, mse_loss};
use crate::tensor::ops::{Arg, Args, Out};

/// What the constructors of two losses refuse.
fn check(a: &Args, others: &[&'static str]) -> Result<()> {
    if *others == ["p", "margin"] {
        ensure!(
            matches!(a.float("p")?, 1.0 | 2.0),
            Value,
            "only p == 1 and p == 2 supported"
        );
        let ndim = a.opt_tensor("weight")?.map_or(1, |w| w.ndim());
        ensure!(
            ndim == 1,
            Value,
            "MultiMarginLoss: expected weight to be None or 1D tensor, got {ndim}D instead"
        );
    }
    if others.contains(&"swap") && a.float("margin")? <= 0.0 {
        let margin = match a.arg("margin") {
            Arg::Int(whole) => whole.to_string(),
            _ => format!("{:?}", a.float("margin")?),
        };
        bail!(
            Value,
            "TripletMarginLoss: expected margin to be greater than 0, got {margin} instead"
        );
    }
    Ok(())
}

/// The attributes of a loss: the reduction, buffers that may be `None`, and others.
fn make(a: &Args, buffers: &[&'static str], others: &[&'static str]) -> Result<Fields> {
    check(a, others)?;
    let mut fields = Vec::new();
    for name in buffers {
        fields.push(buffer(name, a.opt_tensor(name)?.cloned()));
    }
    fields.push(attr("reduction", reduction_name(a)?.as_str()));
    fields.extend(attrs(a, others));
    Ok(fields)
}

/// The same without the old arguments `size_average` and `reduce`.
fn make_new(a: &Args, others: &[&'static str]) -> Result<Fields> {
    let mut fields = vec![attr("reduction", a.arg("reduction"))];
    fields.extend(attrs(a, others));
    Ok(fields)
}

fn run(name: &str, s: &dyn State, a: &Args, inputs: &[&str], attributes: &[&str]) -> Result<Out> {
    on_inputs(name, s, a, inputs, attributes)
}

/// One block a loss: base, `forward`, the functional op, its inputs, buffers and other attributes.
macro_rules! losses {
    ($(
        $STATIC:ident $signature:literal $base:literal $forward:literal $op:literal
        [$($input:literal)*] [$($buffer:literal)*] [$($other:literal)*] $doc:literal $prints:literal;
    )*) => {$(
        #[doc = concat!("`nn.", $signature, "`")]
        pub static $STATIC: Layer = Layer {
            signature: $signature,
            doc: $doc,
            examples: &[(concat!("nn.", $prints), $prints)],
            init: |a| make(a, &[$($buffer),*], &[$($other),*]),
            forward_signature: $forward,
            forward: |s, a| run($op, s, a, &[$($input),*], &[$($buffer,)* $($other,)* "reduction"]),
            base: $base,
            ..Layer::BASE
        };
    )*};
}

losses! {
    BCE_LOSS "BCELoss(weight=None, size_average=None, reduce=None, reduction='mean')" "_WeightedLoss"
        "forward(input, target)" "binary_cross_entropy" ["input" "target"] ["weight"] []
        "How badly probabilities predict targets between 0 and 1." "BCELoss()";
    BCE_WITH_LOGITS_LOSS "BCEWithLogitsLoss(weight=None, size_average=None, reduce=None, reduction='mean', pos_weight=None)" "_Loss"
        "forward(input, target)" "binary_cross_entropy_with_logits" ["input" "target"] ["weight" "pos_weight"] []
        "`BCELoss` of the sigmoid of the input, computed precisely." "BCEWithLogitsLoss()";
    COSINE_EMBEDDING_LOSS "CosineEmbeddingLoss(margin=0.0, size_average=None, reduce=None, reduction='mean')" "_Loss"
        "forward(input1, input2, target)" "cosine_embedding_loss" ["input1" "input2" "target"] [] ["margin"]
        "Asks pairs to point the same way, or apart." "CosineEmbeddingLoss()";
    CROSS_ENTROPY_LOSS "CrossEntropyLoss(weight=None, size_average=None, ignore_index=-100, reduce=None, reduction='mean', label_smoothing=0.0)"
        "_WeightedLoss" "forward(input, target)" "cross_entropy" ["input" "target"] ["weight"] ["ignore_index" "label_smoothing"]
        "How badly logits predict classes, given by number or as probabilities." "CrossEntropyLoss()";
    HINGE_EMBEDDING_LOSS "HingeEmbeddingLoss(margin=1.0, size_average=None, reduce=None, reduction='mean')" "_Loss"
        "forward(input, target)" "hinge_embedding_loss" ["input" "target"] [] ["margin"]
        "The input where the target is 1; what it lacks to the margin where it is -1." "HingeEmbeddingLoss()";
    KL_DIV_LOSS "KLDivLoss(size_average=None, reduce=None, reduction='mean', log_target=False)" "_Loss"
        "forward(input, target)" "kl_div" ["input" "target"] [] ["log_target"]
        "The divergence of log-probabilities from a distribution." "KLDivLoss()";
    L1_LOSS "L1Loss(size_average=None, reduce=None, reduction='mean')" "_Loss"
        "forward(input, target)" "l1_loss" ["input" "target"] [] []
        "The mean absolute difference between input and target." "L1Loss()";
    MARGIN_RANKING_LOSS "MarginRankingLoss(margin=0.0, size_average=None, reduce=None, reduction='mean')" "_Loss"
        "forward(input1, input2, target)" "margin_ranking_loss" ["input1" "input2" "target"] [] ["margin"]
        "Asks the first input to rank above the second." "MarginRankingLoss()";
    MULTILABEL_MARGIN_LOSS "MultiLabelMarginLoss(size_average=None, reduce=None, reduction='mean')" "_Loss"
        "forward(input, target)" "multilabel_margin_loss" ["input" "target"] [] []
        "The hinge loss between target classes and all others." "MultiLabelMarginLoss()";
    MULTILABEL_SOFT_MARGIN_LOSS "MultiLabelSoftMarginLoss(weight=None, size_average=None, reduce=None, reduction='mean')" "_WeightedLoss"
        "forward(input, target)" "multilabel_soft_margin_loss" ["input" "target"] ["weight"] []
        "The mean over classes of the binary cross entropy of logits." "MultiLabelSoftMarginLoss()";
    MULTI_MARGIN_LOSS "MultiMarginLoss(p=1, margin=1.0, weight=None, size_average=None, reduce=None, reduction='mean')" "_WeightedLoss"
        "forward(input, target)" "multi_margin_loss" ["input" "target"] ["weight"] ["p" "margin"]
        "The hinge loss over classes." "MultiMarginLoss()";
    NLL_LOSS "NLLLoss(weight=None, size_average=None, ignore_index=-100, reduce=None, reduction='mean')" "_WeightedLoss"
        "forward(input, target)" "nll_loss" ["input" "target"] ["weight"] ["ignore_index"]
        "The mean of the negative log-probabilities of the target classes." "NLLLoss()";
    POISSON_NLL_LOSS "PoissonNLLLoss(log_input=True, full=False, size_average=None, eps=1e-08, reduce=None, reduction='mean')" "_Loss"
        "forward(log_input, target)" "poisson_nll_loss" ["log_input" "target"] [] ["log_input" "full" "eps"]
        "The negative log-likelihood of counts under Poisson distributions." "PoissonNLLLoss()";
    SMOOTH_L1_LOSS "SmoothL1Loss(size_average=None, reduce=None, reduction='mean', beta=1.0)" "_Loss"
        "forward(input, target)" "smooth_l1_loss" ["input" "target"] [] ["beta"]
        "Squared for small differences, absolute for large ones." "SmoothL1Loss()";
    SOFT_MARGIN_LOSS "SoftMarginLoss(size_average=None, reduce=None, reduction='mean')" "_Loss"
        "forward(input, target)" "soft_margin_loss" ["input" "target"] [] []
        "The logistic loss of signs." "SoftMarginLoss()";
    TRIPLET_MARGIN_LOSS "TripletMarginLoss(margin=1.0, p=2.0, eps=1e-06, swap=False, size_average=None, reduce=None, reduction='mean')" "_Loss"
        "forward(anchor, positive, negative)" "triplet_margin_loss" ["anchor" "positive" "negative"] [] ["margin" "p" "eps" "swap"]
        "Asks anchors to be nearer to the positive than to the negative." "TripletMarginLoss()";
}

/// `nn.MSELoss`
pub static MSE_LOSS: Layer = Layer {
    signature: "MSELoss(size_average=None, reduce=None, reduction='mean')",
    doc: "The mean squared difference between input and target.",
    examples: &[("nn.MSELoss()", "MSELoss()")],
    init: |a| make(a, &[], &[]),
    forward_signature: "forward(input, target)",
    forward: |s, a| {
        let reduction = Reduction::from_name(&s.str("reduction")?)?;
        Ok(mse_loss(a.tensor("input")?, sized(a, "target")?, reduction)?.into())
    },
    base: "_Loss",
    ..Layer::BASE
};

/// `nn.HuberLoss`
pub static HUBER_LOSS: Layer = Layer {
    signature: "HuberLoss(reduction='mean', delta=1.0)",
    doc: "Squared for differences below `delta`, absolute above.",
    examples: &[("nn.HuberLoss()", "HuberLoss()")],
    init: |a| match a.arg("delta") {
        Arg::Float(_) | Arg::Int(_) | Arg::Bool(_) => make_new(a, &["delta"]),
        other => bail!(
            Type,
            "delta must be a float or int, got: <class '{}'>",
            other.type_name()
        ),
    },
    forward_signature: "forward(input, target)",
    forward: |s, a| {
        run(
            "huber_loss",
            s,
            a,
            &["input", "target"],
            &["reduction", "delta"],
        )
    },
    base: "_Loss",
    ..Layer::BASE
};

/// `nn.GaussianNLLLoss`
pub static GAUSSIAN_NLL_LOSS: Layer = Layer {
    signature: "GaussianNLLLoss(*, full=False, eps=1e-06, reduction='mean')",
    doc: "The negative log-likelihood of targets under normal distributions.",
    examples: &[("nn.GaussianNLLLoss()", "GaussianNLLLoss()")],
    init: |a| make_new(a, &["full", "eps"]),
    forward_signature: "forward(input, target, var)",
    forward: |s, a| {
        let inputs = ["input", "target", "var"];
        run(
            "gaussian_nll_loss",
            s,
            a,
            &inputs,
            &["full", "eps", "reduction"],
        )
    },
    base: "_Loss",
    ..Layer::BASE
};

/// `nn.PairwiseDistance`
pub static PAIRWISE_DISTANCE: Layer = Layer {
    signature: "PairwiseDistance(p=2.0, eps=1e-06, keepdim=False)",
    doc: "The p-norm of the differences along the last dimension.",
    examples: &[("nn.PairwiseDistance()", "PairwiseDistance()")],
    init: |a| {
        let mut fields = vec![attr("norm", a.arg("p"))];
        fields.extend(attrs(a, &["eps", "keepdim"]));
        Ok(fields)
    },
    forward_signature: "forward(x1, x2)",
    forward: |s, a| {
        let args = [a.arg("x1"), a.arg("x2"), s.get("norm")?];
        super::apply::call("pairwise_distance", args, s, &["eps", "keepdim"])
    },
    ..Layer::BASE
};

/// `nn.CosineSimilarity`
pub static COSINE_SIMILARITY: Layer = Layer {
    signature: "CosineSimilarity(dim=1, eps=1e-08)",
    doc: "The cosine of the angle between vectors along `dim`.",
    examples: &[("nn.CosineSimilarity()", "CosineSimilarity()")],
    init: |a| Ok(attrs(a, &["dim", "eps"])),
    forward_signature: "forward(x1, x2)",
    forward: |s, a| run("cosine_similarity", s, a, &["x1", "x2"], &["dim", "eps"]),
    ..Layer::BASE
};
