//! The tensor wing from Rust alone.

use torchlet::tensor::array::DType;
use torchlet::tensor::autograd::{backward, backward_many, gradcheck, gradgradcheck};
use torchlet::tensor::core::{level, no_grad};
use torchlet::tensor::ops::{self, add, exp, matmul, mul, sub_, sum, view};
use torchlet::tensor::{Result, Tensor};

fn t(values: &[f64], shape: &[usize]) -> Tensor {
    Tensor::from_vec(values.to_vec(), shape).expect("the sizes fit")
}

fn f(values: &[f32], shape: &[usize]) -> Tensor {
    Tensor::from_vec(values.to_vec(), shape).expect("the sizes fit")
}

#[test]
fn tensors_print_as_in_pytorch() -> Result<()> {
    let x = f(&[1.0, -2.5, 3.25], &[3]);
    assert_eq!(x.to_string(), "tensor([ 1.0000, -2.5000,  3.2500])");
    let x = x.with_grad()?;
    assert_eq!(
        x.to_string(),
        "tensor([ 1.0000, -2.5000,  3.2500], requires_grad=True)"
    );
    let y = mul(&x, 2i64)?;
    assert_eq!(
        y.to_string(),
        "tensor([ 2.0000, -5.0000,  6.5000], grad_fn=<MulBackward0>)"
    );
    level::set_level(1);
    assert_eq!(
        exp(&f(&[0.0], &[1]).with_grad()?)?.to_string(),
        "tensor([1.], grad_fn=<ExpBackward>)"
    );
    level::set_level(2);
    Ok(())
}

#[test]
fn gradients_flow_and_accumulate() -> Result<()> {
    let x = t(&[1.0, 2.0, 3.0], &[3]).with_grad()?;
    for _ in 0..2 {
        backward(&sum(&mul(&x, &x)?)?)?;
    }
    assert_eq!(
        x.grad().expect("accumulated").to_vec::<f64>()?,
        [4.0, 8.0, 12.0]
    );
    let y = sum(&mul(&x, &x)?)?;
    backward(&y)?;
    let again = backward(&y).expect_err("saved values are gone");
    assert!(
        again
            .message()
            .starts_with("Trying to backward through the graph a second time (or directly")
    );
    Ok(())
}

#[test]
fn derivatives_of_derivatives() -> Result<()> {
    let f = |xs: &[Tensor]| Ok(vec![exp(&matmul(&xs[0], &ops::t(&xs[1])?)?)?]);
    let inputs = [
        t(&[0.1, 0.2, -0.3, 0.4], &[2, 2]).with_grad()?,
        t(&[0.5, -0.6, 0.7, 0.2, 0.1, 0.3], &[3, 2]).with_grad()?,
    ];
    gradcheck(&f, &inputs)?;
    gradgradcheck(&f, &inputs)
}

#[test]
fn writes_are_seen_through_views_and_by_saved_values() -> Result<()> {
    let x = f(&[0.0; 6], &[6]);
    let v = view(&x, &[2, 3])?;
    ops::add_(&v, 1i64, 1i64.into())?;
    assert_eq!(x.to_vec::<f32>()?, [1.0; 6]);
    assert_eq!(x.version(), 1);
    let w = f(&[1.0, 2.0], &[2]).with_grad()?;
    let y = mul(&w, 2i64)?;
    let z = mul(&y, &y)?;
    no_grad(|| ops::mul_(&y, 3i64))?;
    let e = backward(&sum(&z)?).expect_err("y was written to");
    assert!(e.message().contains(
        "[torch.FloatTensor [2]], which is output 0 of Mul, is at version 1; expected version 0"
    ));
    Ok(())
}

#[test]
fn a_view_written_in_place_rewrites_its_base() -> Result<()> {
    let w = t(&[2.0, 3.0], &[2]).with_grad()?;
    let base = ops::zeros(&[4])?;
    let base = ops::to_dtype(&base, DType::Float64)?;
    let part = ops::narrow(&base, 0, 1, 2)?;
    ops::add_(&part, &w, 1i64.into())?;
    assert_eq!(base.grad_fn().expect("rebased").name(), "CopySlices");
    assert_eq!(
        part.grad_fn().expect("made anew").name(),
        "AsStridedBackward0"
    );
    let weights = t(&[1.0, 10.0, 100.0, 1000.0], &[4]);
    backward(&sum(&mul(&mul(&base, &base)?, &weights)?)?)?;
    assert_eq!(w.grad().expect("reached").to_vec::<f64>()?, [40.0, 600.0]);
    Ok(())
}

#[test]
fn leaves_are_protected() -> Result<()> {
    let w = f(&[1.0], &[1]).with_grad()?;
    let e = ops::add_(&w, 1i64, 1i64.into()).expect_err("a leaf");
    assert_eq!(
        e.message(),
        "a leaf Variable that requires grad is being used in an in-place operation."
    );
    no_grad(|| ops::add_(&w, 1i64, 1i64.into()))?;
    let e = backward(&mul(&f(&[1.0, 2.0], &[2]).with_grad()?, 1i64)?).expect_err("not a scalar");
    assert_eq!(
        e.message(),
        "grad can be implicitly created only for scalar outputs"
    );
    Ok(())
}

#[test]
fn a_long_chain_needs_no_stack() -> Result<()> {
    let x = f(&[1.0], &[1]).with_grad()?;
    let mut y = x.clone();
    for _ in 0..100_000 {
        y = add(&y, 1i64)?;
    }
    backward_many(&[sum(&y)?], &[None], Some(true), false, None)?;
    assert_eq!(x.grad().expect("reached").to_vec::<f32>()?, [1.0]);
    drop(y);
    Ok(())
}

#[test]
fn a_line_is_fitted() -> Result<()> {
    let x = f(&[0.0, 1.0, 2.0, 3.0], &[4, 1]);
    let y = f(&[1.0, 3.0, 5.0, 7.0], &[4, 1]);
    let w = f(&[0.0], &[1, 1]).with_grad()?;
    let b = f(&[0.0], &[1]).with_grad()?;
    for _ in 0..500 {
        let error = ops::sub(&add(&matmul(&x, &w)?, &b)?, &y)?;
        backward(&ops::div(&sum(&mul(&error, &error)?)?, 4i64)?)?;
        for p in [&w, &b] {
            let g = p.grad().expect("reached");
            no_grad(|| sub_(p, &mul(&g, 0.1)?, 1i64.into()))?;
            p.set_grad(None);
        }
    }
    assert!((w.item()?.to_f64() - 2.0).abs() < 1e-3 && (b.item()?.to_f64() - 1.0).abs() < 1e-3);
    Ok(())
}

#[test]
fn every_signature_parses_and_every_name_is_found() {
    for entry in ops::registry::all() {
        assert!(!entry.signature().name.is_empty());
    }
    for name in ["zeros", "cat", "exp", "max", "einsum", "randint", "where"] {
        assert!(ops::registry::function(name).is_some(), "torch.{name}");
    }
    for name in [
        "add_",
        "view",
        "sum",
        "normal_",
        "masked_fill_",
        "to",
        "size",
    ] {
        assert!(ops::registry::method(name).is_some(), "Tensor.{name}");
    }
}

/// Numbers that PyTorch 2.15 drew after `torch.manual_seed(0)`, in this order.
#[test]
#[allow(clippy::too_many_lines)] // One stream of numbers, drawn in order.
fn random_streams_are_those_of_pytorch() -> Result<()> {
    use torchlet::tensor::core::generator::{default_generator, manual_seed};
    use torchlet::tensor::ops::{Arg, Out, registry};
    fn draw(method: bool, name: &str, args: Vec<Arg>, named: Vec<(&str, Arg)>) -> Vec<f64> {
        let op = if method {
            registry::method(name)
        } else {
            registry::function(name)
        }
        .expect(name);
        let out = op
            .call(args, named.into_iter().map(|(n, a)| (n.to_string(), a)))
            .expect(name);
        let Out::Tensor(t) = out else {
            panic!("{name} gives a tensor")
        };
        t.to_vec::<f64>().expect("numbers")
    }
    fn near(got: Vec<f64>, expected: &[f64]) {
        assert_eq!(got.len(), expected.len());
        got.iter()
            .zip(expected)
            .for_each(|(a, b)| assert!((a - b).abs() < 1.2e-6, "{got:?} against {expected:?}"));
    }
    manual_seed(0);
    let g = default_generator();
    let twenty = ops::randn(&[20], DType::Float32, &g)?.to_vec::<f64>()?;
    near(
        twenty[..4].to_vec(),
        &[-1.1258398, -1.1523602, -0.25057858, -0.4338788],
    );
    near(
        draw(false, "randn", vec![5i64.into()], vec![]),
        &[
            -0.8919953107833862,
            -1.5091077089309692,
            0.3703935444355011,
            1.4565025568008423,
            0.9398099184036255,
        ],
    );
    let wide = draw(
        false,
        "randn",
        vec![17i64.into()],
        vec![("dtype", DType::Float64.into())],
    );
    near(
        wide[..3].to_vec(),
        &[
            0.23871805816817063,
            0.21166418145300325,
            0.13557114260567418,
        ],
    );
    near(
        wide[15..].to_vec(),
        &[0.22092437177232177, -1.3809366518587674],
    );
    near(
        draw(false, "rand", vec![3i64.into()], vec![]),
        &[0.8426499366760254, 0.07835853099822998, 0.3755578398704529],
    );
    near(
        draw(
            false,
            "randint",
            vec![10i64.into(), vec![5i64].into()],
            vec![],
        ),
        &[0., 7., 4., 5., 3.],
    );
    near(
        draw(
            false,
            "randint",
            vec![0i64.into(), (1i64 << 40).into(), vec![2i64].into()],
            vec![],
        ),
        &[608488427893., 366434591280.],
    );
    near(
        draw(false, "randperm", vec![7i64.into()], vec![]),
        &[1., 2., 5., 6., 0., 3., 4.],
    );
    near(
        draw(
            false,
            "bernoulli",
            vec![ops::full(&[8], 0.5, DType::Float32)?.into()],
            vec![],
        ),
        &[1., 1., 0., 1., 0., 1., 0., 0.],
    );
    near(
        draw(
            true,
            "bernoulli_",
            vec![ops::zeros(&[8])?.into(), 0.3.into()],
            vec![],
        ),
        &[0., 0., 0., 0., 1., 1., 1., 1.],
    );
    near(
        draw(true, "exponential_", vec![ops::zeros(&[3])?.into()], vec![]),
        &[0.6834511160850525, 0.16766059398651123, 0.2607666850090027],
    );
    let p: Arg = f(&[0.1, 0.2, 0.3, 0.4], &[4]).into();
    near(
        draw(false, "multinomial", vec![p.clone(), 2i64.into()], vec![]),
        &[2., 3.],
    );
    near(
        draw(
            false,
            "multinomial",
            vec![p, 3i64.into()],
            vec![("replacement", true.into())],
        ),
        &[2., 3., 2.],
    );
    near(
        draw(
            false,
            "normal",
            vec![ops::zeros(&[3])?.into(), ops::ones(&[3])?.into()],
            vec![],
        ),
        &[
            0.7748488187789917,
            -0.6461523771286011,
            -0.15909262001514435,
        ],
    );
    near(
        draw(
            false,
            "normal",
            vec![1.0.into(), 2.0.into(), vec![3i64].into()],
            vec![],
        ),
        &[-2.5573272705078125, 2.6953024864196777, 1.4918856620788574],
    );
    near(
        draw(
            true,
            "uniform_",
            vec![ops::zeros(&[3])?.into(), (-2i64).into(), 3i64.into()],
            vec![],
        ),
        &[-1.5602035522460938, 1.8546103239059448, 2.484945297241211],
    );
    near(
        draw(
            true,
            "random_",
            vec![ops::full(&[2], 0i64, DType::Int64)?.into()],
            vec![],
        ),
        &[7338497595387786794., 974384400007808184.],
    );
    Ok(())
}
