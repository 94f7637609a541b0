//! What poolings refuse, in PyTorch's words.

use super::window::Step;
use crate::tensor::array::Result;
use crate::tensor::array::error::ensure;
use crate::tensor::array::layout::show;

pub(super) fn check_sequence(shape: &[usize]) -> Result<()> {
    ensure!(
        matches!(shape.len(), 2 | 3) && shape[shape.len() - 2..].iter().all(|n| *n > 0),
        "max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for input, but got:{}",
        show(shape)
    );
    Ok(())
}

pub(super) fn check_1d(shape: &[usize], s: &Step, ceil: bool) -> Result<()> {
    check_sequence(shape)?;
    ensure!(
        s.kernel > 0,
        "max_pool1d() kernel_size must be greater than zero, but got {}",
        s.kernel
    );
    ensure!(
        s.stride > 0,
        "max_pool1d() stride must be greater than zero, but got {}",
        s.stride
    );
    ensure!(
        s.padding >= 0,
        "max_pool1d() padding must be non-negative, but got {}",
        s.padding
    );
    ensure!(
        s.padding <= s.kernel / 2,
        "max_pool1d() padding should be at most half of kernel size, but got padding={} and kernel_size={}",
        s.padding,
        s.kernel
    );
    ensure!(
        s.dilation > 0,
        "max_pool1d() dilation must be greater than zero, but got {}",
        s.dilation
    );
    check_reach(std::slice::from_ref(s))?;
    let outputs = s.outputs(shape[shape.len() - 1], ceil);
    ensure!(
        outputs > 0,
        "max_pool1d() Invalid computed output size: {outputs}"
    );
    Ok(())
}

fn check_reach(steps: &[Step]) -> Result<()> {
    if let Some(s) = steps.iter().find(|s| s.reach().is_none()) {
        ensure!(
            false,
            "effective kernel size overflows, but got kernel_size={} and dilation={}",
            s.kernel,
            s.dilation
        );
    }
    Ok(())
}

fn check_padding(steps: &[Step]) -> Result<()> {
    ensure!(
        steps.iter().all(|s| s.padding >= 0),
        "pad must be non-negative, but got pad: {}",
        steps.iter().map(|s| s.padding).min().unwrap_or(0)
    );
    check_reach(steps)?;
    if let Some(s) = steps
        .iter()
        .find(|s| s.padding > s.reach().unwrap_or(0).saturating_add(1) / 2)
    {
        ensure!(
            false,
            "pad should be at most half of effective kernel size, but got pad={}, kernel_size={} and dilation={}",
            s.padding,
            s.kernel,
            s.dilation
        );
    }
    Ok(())
}

/// `pool2d_shape_check` and `pool3d_shape_check` in ATen.
pub(super) fn check(shape: &[usize], steps: &[Step], ceil: bool) -> Result<()> {
    let dims = steps.len();
    ensure!(
        shape.len() == dims + 1 || shape.len() == dims + 2,
        "non-empty {}D or {}D (batch mode) tensor expected for input",
        dims + 1,
        dims + 2
    );
    ensure!(
        steps.iter().all(|s| s.stride != 0),
        "stride should not be zero"
    );
    check_padding(steps)?;
    let numbers = |f: &dyn Fn(&Step) -> i64, name: &str| -> String {
        let letters = if dims == 3 { "THW" } else { "HW" };
        let each = letters.chars().zip(steps);
        let parts: Vec<String> = each.map(|(c, s)| format!("{name}{c}: {}", f(s))).collect();
        parts.join(" ")
    };
    ensure!(
        steps.iter().all(|s| s.kernel > 0),
        "kernel size should be greater than zero, but got {}",
        numbers(&|s| s.kernel, "k")
    );
    ensure!(
        steps.iter().all(|s| s.stride > 0),
        "stride should be greater than zero, but got {}",
        numbers(&|s| s.stride, "d")
    );
    ensure!(
        steps.iter().all(|s| s.dilation > 0),
        "dilation should be greater than zero, but got {}",
        numbers(&|s| s.dilation, "dilation")
    );
    if dims == 3
        && let Some(empty) =
            (0..shape.len()).find(|d| shape[*d] == 0 && (*d > 0 || shape.len() == dims + 1))
    {
        ensure!(
            false,
            "max_pool3d_with_indices_out_cpu_template(): Expected input to have non-zero size for non-batch dimensions, but input has sizes {} with dimension {empty} being empty",
            show(shape)
        );
    }
    ensure!(
        shape[shape.len() - dims - 1..].iter().all(|n| *n > 0),
        "Expected {}D or {}D (batch mode) tensor with optional 0 dim batch size for input, but got:{}",
        dims + 1,
        dims + 2,
        show(shape)
    );
    let sizes = &shape[shape.len() - dims..];
    let outputs: Vec<i64> = steps
        .iter()
        .zip(sizes)
        .map(|(s, n)| s.outputs(*n, ceil))
        .collect();
    let text = |sizes: &[i64]| -> String {
        let mut all = vec![shape[shape.len() - dims - 1].to_string()];
        all.extend(sizes.iter().map(i64::to_string));
        all.join("x")
    };
    let before: Vec<i64> = sizes.iter().map(|n| *n as i64).collect();
    ensure!(
        outputs.iter().all(|n| *n > 0),
        "Given input size: ({}). Calculated output size: ({}). Output size is too small",
        text(&before),
        text(&outputs)
    );
    Ok(())
}
