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
        "result type Float can't be cast",
        "the target must be of floating point numbers here: target.float()",
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
        _ => true,
    };
    fits.then_some(*help)
}
