//! What may be done about an error: a line below the message, chosen by PyTorch's words.

/// Part of a message, and what helps.
const HINTS: &[(&str, &str)] = &[
    (
        "Trying to backward through the graph a second time",
        "the first backward freed the graph: sum the losses and call backward once, or pass retain_graph=True; a value kept from an earlier step needs .detach()",
    ),
    (
        "does not require grad and does not have a grad_fn",
        "nothing that requires a gradient took part: was it computed under torch.no_grad(), or from .data, .detach() or .item()?",
    ),
    (
        "grad can be implicitly created only for scalar outputs",
        "reduce it to one number first, as in loss.mean().backward()",
    ),
    (
        "addmm: mat1 and mat2 shapes cannot be multiplied",
        "the last dimension of the input must be the layer's in_features; after convolutions, flatten all but the batch: torch.flatten(x, 1)",
    ),
    (
        "mm: mat1 and mat2 shapes cannot be multiplied",
        "the columns of the first must be as many as the rows of the second; before a layer, flatten all but the batch: torch.flatten(x, 1)",
    ),
    (
        "running_mean should contain",
        "the number of channels that the layer is made for must be that of the input",
    ),
    (
        "Given normalized_shape=",
        "normalized_shape must be the last dimensions of the input",
    ),
    (
        "input.size(-1) must be equal to input_size",
        "the last dimension of the input must be the layer's input_size: (batch, time, features) with batch_first=True, else (time, batch, features)",
    ),
    (
        "all elements of input should be between 0 and 1",
        "apply torch.sigmoid first, or use BCEWithLogitsLoss, which takes scores",
    ),
    (
        "a leaf Variable that requires grad is being used in an in-place",
        "change weights under torch.no_grad(): with torch.no_grad(): w -= lr * w.grad",
    ),
    (
        "one of the following scalar types: Long, Int",
        "indices are integers: x.long()",
    ),
    (
        "cannot be converted to Scalar",
        ".tolist() gives all elements; .mean().item() one number of them",
    ),
    (
        "channels, but got",
        "inputs have the shape (batch, channels, height, width): x.unsqueeze(1) adds a channel, x.permute(0, 3, 1, 2) moves one that comes last",
    ),
    (
        "Expected more than 1 value per channel when training",
        "batch norm needs more than one value: use a larger batch, or model.eval()",
    ),
    (
        "D input (got",
        "is the batch dimension missing? x.unsqueeze(0) adds it",
    ),
    (
        "expected target dtype to be Long",
        "the target holds class numbers: target.long()",
    ),
    (
        "expected scalar type Long",
        "the target holds class numbers: target.long()",
    ),
    (
        "not implemented for 'Int'",
        "class numbers are int64, and other values floats: target.long() or x.float()",
    ),
    (
        "multi-target not supported",
        "the target holds one class number a sample: target.squeeze(1), or target.argmax(1) where it is one-hot",
    ),
    (
        "to match target batch_size",
        "predictions have the shape (batch, classes), targets (batch)",
    ),
    (
        "Using a target size",
        "make both shapes the same: target.unsqueeze(1), or output.squeeze(1)",
    ),
    (
        "Found dtype Long but expected Float",
        "the target must be of floating point numbers here: target.float()",
    ),
    (
        "can't be cast to the desired output type",
        "what is written to has another dtype than the result: x = x + y makes a new tensor, x = x.float() converts it first",
    ),
    (
        "Expected floating point type for target with class probabilities",
        "a target of the shape of the scores holds probabilities: target.float(); class numbers have the shape (batch): target.argmax(1)",
    ),
    (
        "target tensor should be 1-D",
        "predictions have the shape (batch, classes), targets (batch)",
    ),
    (
        "should have the same size in the batch dimension",
        "predictions have the shape (batch, features), targets (batch)",
    ),
    (
        "inconsistent target size",
        "the target has the shape of the input: class numbers, then -1 where no more follow",
    ),
    (
        "var is of incorrect size",
        "var has the shape of the input, or lacks its last dimension",
    ),
    (
        "Expected input_lengths to have value at most",
        "log_probs has the shape (time, batch, classes): log_probs.permute(1, 0, 2) where the batch comes first",
    ),
    (
        "(unbatched) or ",
        "is a dimension missing? Inputs have the shape (batch, channels, ...): x.unsqueeze(0) adds the channel or the batch",
    ),
    (
        "(batch mode) tensor expected for input",
        "is a dimension missing? Inputs have the shape (batch, channels, ...): x.unsqueeze(0) adds the channel or the batch",
    ),
    (
        "should be unbatched 2D or batched 3D",
        "is a dimension missing? x.unsqueeze(0) adds the batch",
    ),
    (
        "all inputs must share same datatype",
        "convert the input to the dtype of the layer, as in x.float(), or the layer: model.double()",
    ),
    (
        "does not match weight dtype",
        "convert the input to the dtype of the layer, as in x.float(), or the layer: model.double()",
    ),
    (
        "both vectors to have same dtype",
        "convert one of them, as in x.float() or model.double()",
    ),
    (
        "could not infer output dtype",
        "integers have no mean: x.float().mean()",
    ),
    (
        "is not a leaf Tensor is being accessed",
        "only leaves, as parameters are, get a .grad: call y.retain_grad() before backward() to keep this one",
    ),
    (
        "must match the size of tensor b",
        "sizes are compared from the last dimension on and must be equal, or 1: x.unsqueeze(dim) adds a 1, x.transpose(a, b) changes the order",
    ),
    (
        "must be the same as input size",
        "make both shapes the same: target.unsqueeze(1), or output.squeeze(1)",
    ),
    (
        "must have the same dtype, but got",
        "convert one of them, as in x.float() or model.double()",
    ),
    (
        "to have the same dtype, but got",
        "convert one of them, as in x.float() or model.double()",
    ),
    (
        "should be the same",
        "convert the input to the dtype of the weights, as in x.float()",
    ),
    (
        "index out of range in self",
        "indices must be smaller than num_embeddings",
    ),
    (
        "Target ",
        "class numbers go from 0 to one less than the number of classes",
    ),
];

/// What helps against an error with this message.
pub(in crate::bridge) fn hint(message: &str) -> Option<&'static str> {
    let found = HINTS.iter().find(|(part, _)| message.contains(part));
    let (part, help) = found?;
    // Short parts are not enough alone.
    let fits = match *part {
        "Target " => message.ends_with("is out of bounds."),
        "should be the same" => message.contains(" type ("),
        "(unbatched) or " => message.contains("input to conv"),
        _ => true,
    };
    fits.then_some(*help)
}

/// What helps where the layer is known: its sizes, what it was given, and the message.
pub(in crate::bridge) fn layer_hint(
    layer: &str,
    sizes: Option<(i64, i64)>,
    given: &[Vec<usize>],
    message: &str,
) -> Option<String> {
    if let (Some((takes, makes)), Some(shape)) = (sizes, given.first())
        && message.contains("shapes cannot be multiplied")
    {
        let last = shape.last().copied().unwrap_or(0);
        let rest = match shape.len() {
            0..=2 => "",
            _ => "; flatten all but the batch first: torch.flatten(x, 1)",
        };
        return Some(format!(
            "the last dimension of the input is {last}, the layer takes {takes}: nn.Linear({last}, {makes}) fits, or bring the input to (batch, {takes}){rest}"
        ));
    }
    if !layer.ends_with("Loss") {
        return None;
    }
    if message.contains("must match the size of tensor b") {
        return Some(
            "predictions and target need the same shape: target.unsqueeze(1) or output.squeeze(1) adds or takes a 1, target.view_as(output) gives it the same"
                .into(),
        );
    }
    let cast = message.contains("can't be cast to the desired output type");
    cast.then(|| "the target must be of floating point numbers here: target.float()".into())
}
