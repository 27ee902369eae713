//! rayon as a peer: the same work, the same protocol as the runners in C++ (docs/design/0012-benchmark.md).

mod flat;
mod loops;
mod pool_costs;
mod readings;
mod sampling;
mod trees;
mod work;

use readings::allocator_name;
use sampling::Sampled;
use std::process::exit;
use work::{Facts, Measure, Offer, Size};

struct Request {
    workload: String,
    threads: usize,
    size: Size,
    samples: usize,
    seconds: f64,
}

enum Asked {
    Describe,
    Run(Request),
}

fn parse(arguments: &[String]) -> Option<Asked> {
    if arguments == ["--describe"] {
        return Some(Asked::Describe);
    }
    let mut asked = Request { workload: String::new(), threads: 1, size: Size::Full, samples: 10, seconds: 5.0 };
    if arguments.is_empty() || arguments.len() % 2 != 0 {
        return None;
    }
    for pair in arguments.chunks(2) {
        let value = &pair[1];
        match pair[0].as_str() {
            "--run" => asked.workload = value.clone(),
            "--threads" => asked.threads = value.parse().ok().filter(|&n| n > 0)?,
            "--samples" => asked.samples = value.parse().ok().filter(|&n| n > 0)?,
            "--seconds" => asked.seconds = value.parse().ok().filter(|&s: &f64| s > 0.0)?,
            "--size" if value == "full" => asked.size = Size::Full,
            "--size" if value == "quick" => asked.size = Size::Quick,
            _ => return None,
        }
    }
    (!asked.workload.is_empty()).then_some(Asked::Run(asked))
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        if c == '"' || c == '\\' {
            out.push('\\');
        }
        out.push(if c < ' ' { ' ' } else { c });
    }
    out + "\""
}

fn thread_counts(least: usize) -> Vec<usize> {
    let most = std::thread::available_parallelism().map_or(1, |n| n.get());
    let mut counts: Vec<usize> = std::iter::successors(Some(1), |n| Some(2 * n)).take_while(|&n| n < most).collect();
    counts.push(most);
    counts.retain(|&n| n >= least);
    counts
}

fn measures(of: Measure) -> &'static str {
    match of {
        Measure::Time => r#"["time","cpu","memory"]"#,
        Measure::Latency => r#"["latency"]"#,
        Measure::Memory => r#"["memory","time"]"#,
        Measure::Idle => r#"["idle_cpu"]"#,
        Measure::Busy => r#"["busy_cpu"]"#,
    }
}

fn describe(offers: &[Offer]) {
    println!(
        r#"{{"peer":"rayon","version":{},"compiler":{},"flags":{},"allocator":{},"notes":{}}}"#,
        quoted(env!("PERF_RAYON_VERSION")),
        quoted(env!("PERF_RUSTC")),
        quoted(env!("PERF_FLAGS")),
        quoted(&allocator_name()),
        quoted("join for two, a scope for many, parallel iterators for loops. The caller stays out.")
    );
    for Offer { facts, .. } in offers {
        let Facts { name, kind, unit, full, quick, .. } = facts;
        let mut sizes = format!(r#""full":{}"#, quoted(full));
        if !quick.is_empty() {
            sizes += &format!(r#","quick":{}"#, quoted(quick));
        }
        println!(
            r#"{{"workload":"{name}","kind":"{kind}","unit":{},"sizes":{{{sizes}}},"threads":{:?},"measures":{}}}"#,
            quoted(unit),
            thread_counts(facts.least_threads),
            measures(facts.measure)
        );
    }
    for (name, why) in work::LACKING {
        println!(r#"{{"workload":"{name}","kind":"micro","no_such_feature":{}}}"#, quoted(why));
    }
}

fn answer(facts: &Facts, asked: &Request, items: u64, all: &Sampled) -> String {
    let samples: Vec<String> = all
        .samples
        .iter()
        .map(|s| {
            format!(r#"{{"wall":{:.9e},"cpu":{:.9e},"waited":{:.9e},"runs":{}}}"#, s.wall, s.cpu, s.waited, s.runs)
        })
        .collect();
    let size = if asked.size == Size::Full { "full" } else { "quick" };
    let mut line = format!(
        r#"{{"workload":"{}","peer":"rayon","threads":{},"size":"{size}","unit":{},"items":{items},"right":{},"samples":[{}]"#,
        facts.name,
        asked.threads,
        quoted(facts.unit),
        all.right,
        samples.join(",")
    );
    let last = all.samples.last().expect("there is a sample");
    if facts.measure == Measure::Latency {
        let each: Vec<String> = all.latency_ns.iter().map(|ns| format!("{ns:.1}")).collect();
        line += &format!(r#","latency_ns":[{}]"#, each.join(","));
    }
    if facts.measure == Measure::Memory || facts.kind == "macro" {
        line += &format!(r#","peak_bytes":{}"#, all.peak_bytes);
    }
    if facts.measure == Measure::Idle {
        line += &format!(r#","idle_cpu_seconds":{:.9e}"#, last.cpu);
    }
    if facts.measure == Measure::Busy {
        line += &format!(r#","cpu_per_wall":{:.9e}"#, last.cpu / last.wall);
    }
    line + "}"
}

fn usage(why: &str) -> ! {
    eprintln!(
        "{why}\nusage: --describe | --run WORKLOAD [--threads N] [--size full|quick] [--samples K] [--seconds S]"
    );
    exit(2)
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let offers = work::offers();
    let asked = match parse(&arguments) {
        None => usage("This cannot be understood."),
        Some(Asked::Describe) => return describe(&offers),
        Some(Asked::Run(asked)) => asked,
    };
    if let Some((name, why)) = work::LACKING.iter().find(|(name, _)| *name == asked.workload) {
        println!(r#"{{"workload":"{name}","peer":"rayon","no_such_feature":{}}}"#, quoted(why));
        exit(3);
    }
    let offer = match offers.iter().find(|o| o.facts.name == asked.workload) {
        Some(offer) => offer,
        None => usage("There is no such workload; --describe lists them."),
    };
    if asked.size == Size::Quick && offer.facts.quick.is_empty() {
        usage("This workload has no quick size.");
    }
    if asked.threads < offer.facts.least_threads {
        usage("This workload takes more threads.");
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(asked.threads).build().expect("threads can be made");
    let mut work = (offer.make)(asked.size);
    let all = sampling::measured(&offer.facts, work.as_mut(), &pool, asked.samples, asked.seconds);
    println!("{}", answer(&offer.facts, &asked, work.items(), &all));
    exit(i32::from(!all.right));
}
