use lacuna::engine::*;
use lacuna::source::{Limits, disk};
#[test]
fn scratch() {
    let paths: Vec<std::path::PathBuf> =
        std::env::var("SCRATCH").unwrap().split(':').map(Into::into).collect();
    let found = disk::find(&paths, &Limits::default());
    let t = std::time::Instant::now();
    let bundle = Engine::new(found.roots, Options::default()).run();
    let a = &bundle.assessment;
    println!(
        "{:?} files {} changes {} scope {} problems {}",
        t.elapsed(),
        a.store.files.len(),
        a.store.changes.len(),
        a.scope.len(),
        a.store.problems.len()
    );
    for f in a.store.files.iter().take(40) {
        println!("{} {} {:?} {} {}", f.path, f.format, f.records, f.problems, f.reason);
    }
    println!("{:?}", a.gap());
    for c in lacuna::assess::registry::all() {
        let mut n = [0; 5];
        for r in 0..a.scope.len() {
            n[a.verdict(r, c) as usize] += 1;
        }
        println!(
            "{:32} na {} met {} exc {} unproven {} unmet {}",
            c.criterion().id,
            n[0],
            n[1],
            n[2],
            n[3],
            n[4]
        );
    }
    for s in a.funnel() {
        println!(
            "{} proven {} unc {} unmet {} unproven {} silent {} {:?}",
            s.id,
            s.proven.len(),
            s.uncontradicted.len(),
            s.unmet.len(),
            s.unproven.len(),
            s.is_silent,
            s.lost
        );
    }
    for (i, f) in a.population.iter().enumerate() {
        if !f.reason.is_empty() && i < 4 {
            println!("{:?} {}", f.verdict, f.reason);
        }
    }
    for p in a.store.problems.iter().take(30) {
        println!("{:?} {} {} {} | {}", p.severity, p.file, p.at.pointer, p.found, p.expected);
    }
    println!("holes {:?}", a.holes.iter().take(5).collect::<Vec<_>>());
}
