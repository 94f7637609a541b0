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

/// A program of so many lines: functions and classes as people write them.
fn program(lines: usize) -> String {
    const PART: &str = "def scale_{n}(values, factor=2.0):\n    \"\"\"Scale all values.\"\"\"\n    result = []\n    \
                        for i, value in enumerate(values):\n        if value is None or i % 3 == 0:\n            continue\n        \
                        result.append(value * factor + {n})\n    return {'sum': sum(result), 'text': f'{len(result):3d} values'}\n\n\
                        class Layer_{n}:\n    def __init__(self, size, name='layer'):\n        self.size, self.name = size, name\n        \
                        self.weights = [0.5 * k for k in range(size)]\n\n    def forward(self, x):\n        \
                        return [w * v + 1.0 for w, v in zip(self.weights, x) if v > -1e-3]\n\n";
    let parts = lines.div_ceil(PART.lines().count());
    (0..parts)
        .map(|n| PART.replace("{n}", &n.to_string()))
        .collect()
}

mod parse {
    use super::{Bencher, Interpreter};
    use divan::counter::BytesCount;

    #[divan::bench]
    fn tutorial(bencher: Bencher) {
        let text = include_str!("../scripts/neural_networks_tutorial.nn");
        bencher
            .counter(BytesCount::of_str(text))
            .bench(|| Interpreter::completeness(divan::black_box(text)));
    }

    #[divan::bench]
    fn program_of_1000_lines(bencher: Bencher) {
        let text = super::program(1000);
        bencher
            .counter(BytesCount::of_str(text.as_str()))
            .bench(|| Interpreter::completeness(divan::black_box(&text)));
    }
}

mod start {
    use super::Bencher;

    #[divan::bench]
    fn first_print() {
        super::session("x = 1");
    }

    /// Reading, compiling and running the definitions.
    #[divan::bench]
    fn program_of_1000_lines(bencher: Bencher) {
        let text = super::program(1000);
        bencher.bench_local(|| super::session(divan::black_box(&text)));
    }

    #[divan::bench]
    fn import_argparse() {
        super::session("import argparse");
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

/// What one step costs: the time of a loop of a million, so that nanoseconds are to be read for the milliseconds shown.
mod step {
    use super::{Bencher, repeat};

    const SETUP: &str = "class C:\n    def __init__(self): self.n = 0\n    def m(self): pass\n\
                         def f(): pass\n\
                         def empty():\n    for i in range(1000000): pass\n\
                         def call():\n    for i in range(1000000): f()\n\
                         def attribute():\n    c = C()\n    for i in range(1000000): c.n\n\
                         def method():\n    c = C()\n    for i in range(1000000): c.m()\n";

    #[divan::bench(args = ["empty()", "call()", "attribute()", "method()"], sample_count = 10)]
    fn million(bencher: Bencher, what: &str) {
        repeat(bencher, SETUP, what);
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
