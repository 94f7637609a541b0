//! What a session spends its time on: reading a program, running the language, small tensor operations, training.
//! `cargo bench` prints the times; `cargo bench -- training` those of one group.

use divan::Bencher;
use torchlet::interpreter::{Ending, Interpreter, Options};

fn main() {
    divan::main();
}

/// A session in which `setup` has run.
fn session(setup: &str) -> Interpreter {
    let mut interpreter = Interpreter::new(Options {
        seed: Some(0),
        threads: Some(1),
        ..Options::default()
    });
    run(&mut interpreter, setup);
    interpreter
}

fn run(interpreter: &mut Interpreter, code: &str) {
    let outcome = interpreter.run_cell(code, 1);
    if let Ending::Raised(report) = outcome.ending {
        panic!("{}", report.headline);
    }
}

fn repeat(bencher: Bencher, setup: &str, code: &str) {
    let mut interpreter = session(setup);
    bencher.bench_local(|| run(&mut interpreter, code));
}

mod parse {
    use super::{Bencher, Interpreter};

    #[divan::bench]
    fn tutorial(bencher: Bencher) {
        let text = include_str!("../scripts/neural_networks_tutorial.nn");
        bencher.bench(|| Interpreter::completeness(divan::black_box(text)));
    }
}

mod start {
    #[divan::bench]
    fn first_print() {
        super::session("x = 1");
    }
}

mod language {
    use super::{Bencher, repeat};

    #[divan::bench]
    fn loop_of_100_000(bencher: Bencher) {
        repeat(
            bencher,
            "def f():\n    t = 0\n    for i in range(100000):\n        t += i\n    return t\n",
            "f()",
        );
    }

    #[divan::bench]
    fn fibonacci_20(bencher: Bencher) {
        repeat(
            bencher,
            "def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)\n",
            "fib(20)",
        );
    }

    #[divan::bench]
    fn methods_10_000(bencher: Bencher) {
        let class =
            "class C:\n    def __init__(self): self.n = 0\n    def step(self): self.n += 1\n";
        repeat(
            bencher,
            &format!("{class}c = C()\n"),
            "for i in range(10000): c.step()",
        );
    }
}

mod dispatch {
    use super::{Bencher, repeat};

    #[divan::bench(args = ["a + b", "a * 2", "a.sum()", "a.view(4)", "a[0]", "a @ b", "torch.relu(a)"])]
    fn thousand_small_ops(bencher: Bencher, op: &str) {
        let setup = "import torch\na = torch.ones(2, 2)\nb = torch.ones(2, 2)\n";
        repeat(bencher, setup, &format!("for _ in range(1000): {op}"));
    }
}

mod training {
    use super::{Bencher, repeat};

    const STEP: &str =
        "opt.zero_grad()\nloss = criterion(net(x), y)\nloss.backward()\nopt.step()\n";

    #[divan::bench]
    fn mlp_batch_32(bencher: Bencher) {
        let setup = "import torch, torch.nn as nn\n\
                     net = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 10))\n\
                     x, y = torch.randn(32, 20), torch.randint(0, 10, (32,))\n\
                     criterion = nn.CrossEntropyLoss()\n\
                     opt = torch.optim.SGD(net.parameters(), lr=0.01)\n";
        repeat(bencher, setup, STEP);
    }

    #[divan::bench]
    fn lenet_batch_1(bencher: Bencher) {
        let setup = "import torch, torch.nn as nn\n\
                     net = nn.Sequential(nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(),\n\
                     \x20   nn.MaxPool2d(2), nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(),\n\
                     \x20   nn.Linear(84, 10))\n\
                     x, y = torch.randn(1, 1, 32, 32), torch.randn(1, 10)\n\
                     criterion = nn.MSELoss()\n\
                     opt = torch.optim.SGD(net.parameters(), lr=0.01)\n";
        repeat(bencher, setup, STEP);
    }
}
