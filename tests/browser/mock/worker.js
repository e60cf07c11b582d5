// Stands in for the engine while screens are tried out: answers with made-up rows of the shapes in src/protocol.rs.
// Nothing of it is packed.
"use strict";
const months = ["2026-07", "2026-08", "2026-09"];
const repos = ["acme/pay", "acme/ledger", "acme/web", "acme/infra"];
const people = ["Ana P.", "Dmitri K.", "Leila M.", "Noor R.", "renovate[bot]"];
const titles = ["Retry card captures with idempotency keys", "Bump serde to 1.0.229", "Fix rounding of refunds in minor units",
  "Add <script>alert(1)</script> to the docs", "Rename \u202egnp.exe to see who looks", "Move secrets to the vault",
  "A very long title that goes on and on about everything that was changed in the ledger, its tests, its docs and its deployment"];
const standings = ["contradicted", "substantiated", "unevidenced", "unapproved", "substantiated", "unknown"];
const ais = ["unknown", "generated", "assisted", "none"];
const total = 341;
const row = (i) => ({
  id: `change-${i}`, number: i % 19 === 18 ? "c41e9a7" : `#${4471 + i}`, repository: repos[i % 4], title: titles[i % titles.length],
  merged_at: `${months[i % 3]}-${String(1 + (i % 28)).padStart(2, "0")} 09:${String(i % 60).padStart(2, "0")}`, author: people[i % 5], ai: ais[i % 4],
  lines: i % 7 === 6 ? null : (i * 37) % 1400, standing: standings[i % 6],
  unmet: ["contradicted", "unapproved"].includes(standings[i % 6]) ? ["review.current-revision", "release.deployer-independent"].slice(0, 1 + (i % 2)) : [],
  unproven: standings[i % 6] === "substantiated" ? 0 : 3 + (i % 9),
});
const evidence = (label, record, key = "", index = null) => ({ label, file: "github/pulls-2026-08.json", pointer: `/${record}${key ? `/${key}/${index}` : ""}`, address: { record, key, index } });
const framework = (id, name, met, unmet, unproven) => ({ id, name, met, unmet, unproven, excepted: 1, notApplicable: 2 });
const frameworks = [framework("soc2", "SOC 2", 11, 9, 10), framework("itgc", "SOX ITGC", 7, 6, 8), framework("pci", "PCI DSS 4.0.1", 9, 12, 7), framework("eu-ai-act", "EU AI Act", 6, 3, 11)];
const lost = (text, count, verdict) => ({ text, count, verdict, query: "verdict:unmet" });
const step = (id, title, proven, uncontradicted, losses, silence = "") => ({ id, title, proven, uncontradicted, lost: losses, silence, query: `step:${id}` });
const svg = `<svg viewBox="0 0 480 160" xmlns="http://www.w3.org/2000/svg"><path d="M10 30 240 24 470 18 470 110 240 90 10 70Z" fill="#b93a26" opacity=".13"/><path d="M10 30 240 24 470 18" fill="none" stroke="#2f4b8f" stroke-width="2"/><path d="M10 70 240 90 470 110" fill="none" stroke="#1f7a5c" stroke-width="2"/></svg>`;
const population = [
  { criterion: "population.source-known", claim: "It is known where the list of changes came from", verdict: "met", reason: "Exported with gh; the git bundle agrees.", evidence: [evidence("the export", 1)] },
  { criterion: "population.complete", claim: "Every commit on the protected branch belongs to a change, and every merged change is on it", verdict: "unmet", reason: "6 commits on main belong to no change.", evidence: [evidence("the branch", 2)] },
  { criterion: "population.reconciled", claim: "The changes and the deployments account for each other", verdict: "unproven", reason: "The bundle holds no deployment log.", evidence: [] },
  { criterion: "population.untruncated", claim: "No list in the bundle was cut by its export", verdict: "met", reason: "No list ends at a usual cap.", evidence: [] },
];
const overview = {
  gap: { merged: 341, onPaper: 312, substantiated: 118, contradicted: 142, unevidenced: 52, paperUnknown: 4 },
  funnel: [
    step("merged", "Merged to a protected branch", 341, 341, []), step("paper", "Approved on paper", 312, 312, [lost("29 merged with no approval", 29, "unmet")]),
    step("independent", "By a person who did not write it", 253, 253, [lost("41 by a bot", 41, "unmet"), lost("18 by their prompter", 18, "unmet")]),
    step("revision", "On the merged revision", 222, 222, [lost("31 on an older revision", 31, "unmet")]),
    step("before", "Before the merge", 216, 216, [lost("6 after the merge", 6, "unmet")]),
    step("depth", "Review deep enough for its risk", 161, 194, [lost("22 under a minute", 22, "unmet"), lost("33 unproven", 33, "unproven")]),
    step("ai", "AI's part known, prompt and model kept", 0, 189, [lost("5 undisclosed", 5, "unmet")], "nothing in this bundle shows it for 189"),
    step("tests", "Tests ran, validated by someone else", 0, 170, [lost("19 tests from the same session", 19, "unmet")]),
    step("release", "Released by someone else", 0, 170, [], "nothing in this bundle shows it"),
  ],
  months: months.map((month, i) => ({ month, merged: 100 + i * 14, onPaper: 90 + i * 14, substantiated: 50 - i * 9, ai: 30 + i * 9, aiUnknown: 40 })),
  trend_svg: svg, ai: [["unknown", 120, "ai:unknown"], ["none", 50, "ai:none"], ["assisted", 90, "ai:assisted"], ["generated", 81, "ai:generated"]], ai_svg: svg, frameworks,
  closers: [["Dismiss approvals when new commits arrive, or ask for another approval of the last revision.", 31, 9, "unmet"], ["Require one human approval beside any bot's", 41, 8, "unmet"], ["Export session logs for the payments team", 24, 7, "unproven"]]
    .map(([text, changes, controls, verdict]) => ({ text, criterion: "review.current-revision", verdict, changes, controls, query: "review.current-revision:unmet" })),
  population,
  holes: Array.from({ length: 6 }, (_, i) => ({ text: "This commit on main belongs to no change in the bundle.", subject: `c41e9a${i}b07d2`, evidence: evidence("the commit", 3 + i) })),
  facts: [{ id: "self-merge", text: "merged by their author", count: 44, of: 341, query: "fact:self-merge" }, { id: "seconds", text: "approved within a minute", count: 22, of: 312, query: "fact:seconds" }, { id: "files", text: "files that no format recognises", count: 3, of: 0, query: "" }],
};
const fixFramework = ({ notApplicable, ...rest }) => ({ ...rest, not_applicable: notApplicable });
overview.frameworks = frameworks.map(fixFramework);
overview.months = overview.months.map(({ onPaper, aiUnknown, ...rest }) => ({ ...rest, on_paper: onPaper, ai_unknown: aiUnknown }));
const cell = (met, unmet, unproven, excepted = 0, notApplicable = 0) => ({ met, unmet, unproven, excepted, notApplicable });
const control = (id, title, cells, verdict) => ({
  id, is_own_id: id.includes("/"), title, demands: `${title}, and evidence of it is kept.`, cites: ["TSC CC8.1", "COSO Principle 12"], strength: "requires", kind: "criterion, in force", note: "Applies to changes of software in scope.",
  needs: ["review.human", "review.independent", "review.current-revision"], informs: ["review.depth"], verdict, is_population: false,
  totals: cells.reduce((a, b) => Object.fromEntries(Object.keys(a).map((k) => [k, a[k] + b[k]]))), cells, query_unmet: `control:${id} verdict:unmet`, query_unproven: `control:${id} verdict:unproven`,
});
const matrix = (id, columns) => {
  const labels = columns === "repository" ? repos : columns === "status" ? ["met", "unmet", "unproven", "excepted", "not applicable"] : months;
  const spread = (unmet, unproven, of) => labels.map((_, i) => columns === "status" ? cell(i === 0 ? of : 0, i === 1 ? unmet : 0, i === 2 ? unproven : 0, i === 3 ? 1 : 0, i === 4 ? 4 : 0) : cell(of - (unmet * (i + 1) % of) - unproven, (unmet * (i + 1)) % of, unproven));
  const named = frameworks.find((one) => one.id === id) ?? frameworks[0];
  return { id: named.id, name: `${named.name}: the whole name of it`, short: named.name, note: "Paraphrased; the text is the publisher's.", sha256: "9f3c".repeat(16), columns_are: columns, columns: labels,
    groups: [
      { name: "Change management", rows: [control("CC8.1/authorise", "Changes are authorised before work starts", spread(3, 1, 110), "unmet"), control("CC8.1/test", "Changes are tested before they reach production", spread(25, 2, 110), "unmet"), control("CC8.1/approve", "Approved, by someone able to, on what is merged", spread(51, 3, 110), "unmet"), control("CC8.1/emergency", "Urgent changes are reviewed afterwards", labels.map((_, i) => cell(i, 0, 0, 0, 110)), "met"), control("CC8.1/configure", "Configuration, prompts and agent rules included, is kept", spread(0, 97, 110), "unproven")] },
      { name: "Logical access", rows: [control("CC6.1", "People and software are identified; agents have their own identity", spread(2, 6, 90), "unmet"), control("CC6.3", "Least privilege, duties segregated", spread(0, 0, 110), "met"), control("CC6.8", "Unauthorised software is prevented or found", labels.map(() => cell(100, 0, 0, 4)), "excepted")] },
    ], totals: fixFramework(named) };
};
const detail = (id) => {
  const i = Number(id.split("-")[1]);
  if (!Number.isInteger(i) || i >= total) return null;
  const chain = (role, who, initials, is_machine, when, note, verdict, record) => ({ role, who, initials, is_machine, when, note, verdict, evidence: record === undefined ? null : evidence("record", record, "reviews", 2) });
  const verdict = (criterion, claim, verdict, reason, more = {}) => ({ criterion, claim, verdict, reason, capture: "system-observed", closes: "", evidence: [], inputs: [], controls: [["SOC 2", "CC8.1/approve"], ["PCI DSS", "6.2.3"], ["SLSA", "L4"]], ...more });
  return { row: row(i), url: `https://github.example/${repos[i % 4]}/pull/${4471 + i}`, merge_commit: "c41e9a7".padEnd(40, "0"), head: "5b7710c".padEnd(40, "1"), method: "squash-merged", ai_lines: 918, files: 14, sensitive: ["cardholder data"],
    chain: [chain("Asked for", "Ana P.", "AP", false, "PAY-331 · 11 Aug", "system-observed", "met", 4), chain("Prompted", "Dmitri K.", "DK", false, "13 Aug 15:02", "system-observed", "met"), chain("Wrote", "agent, model unknown", "ai", true, "no session log", "self-typed trailer", "unproven"), chain("Answers for it", "Dmitri K.", "DK", false, "commit author", "verified", "met"), chain("Approved", "Leila M.", "LM", false, "14 Aug 09:12, on 88d02f1", "not the merged revision", "unmet", 5), chain("Merged", "Noor R.", "NR", false, "14 Aug 09:41", "system-observed", "met"), chain("Released", "Dmitri K.", "DK", false, "14 Aug 10:05", "is also the prompter", "unmet")],
    verdicts: [
      verdict("review.current-revision", "The merged revision is the approved one", "unmet", "Leila M. approved 88d02f1; two commits with 340 lines came after it.", { evidence: [evidence("the approval", 5, "reviews", 2), evidence("the merge", 5)], closes: "Dismiss approvals when new commits arrive." }),
      verdict("release.deployer-independent", "Released by someone who neither wrote nor prompted it", "unmet", "Dmitri K. prompted the change and started the deployment.", { evidence: [evidence("the deployment", 8)] }),
      verdict("review.depth", "The review was deep enough for the size and risk of the change", "unmet", "Shallow: 1,204 lines in 31 minutes is 2,330 an hour, limit 500.", { inputs: [["lines", "1,204"], ["minutes", "31"], ["formula", "lines / hours > 500"]] }),
      verdict("ai.model-pinned", "The model and its version are on record", "unproven", "The trailer names a tool, no model.", { closes: "The session log of 13 Aug.", evidence: [evidence("the trailer", 9)] }),
      verdict("scan.ran", "Security scans ran on the merged revision", "excepted", "Scanner outage, owner Ana P., until 31 Aug 2026; compensating: manual review."),
      verdict("review.human", "A human approved it", "met", "Leila M.; neither author, co-author nor prompter."),
      verdict("release.emergency-reviewed", "Urgent changes were reviewed afterwards", "not-applicable", "Not marked as urgent."),
    ], position: i + 1, of: total, previous: i > 0 ? `change-${i - 1}` : null, next: i + 1 < total ? `change-${i + 1}` : null };
};
const page = (all, offset, limit, of) => ({ offset, total: all.length, of, rows: all.slice(offset, offset + limit) });
const rows = Array.from({ length: total }, (_, i) => row(i));
const answers = {
  overview: () => ["overview", overview],
  matrix: (ask) => ["matrix", matrix(ask.framework, ask.columns)],
  changes: (ask) => {
    const words = ask.query.toLowerCase().split(/\s+/).filter(Boolean);
    const all = rows.filter((one) => words.every((word) => JSON.stringify(one).toLowerCase().includes(word.replace(/^[a-z]+:/, ""))));
    if (ask.sort.descending) all.reverse();
    const facet = (term, label, key) => ({ term, label, values: [...new Set(all.map((one) => one[key]))].map((value) => ({ term: `${term}:${value}`, label: value, count: all.filter((one) => one[key] === value).length, is_on: ask.query.includes(`${term}:${value}`) })) });
    return ["changes", { query: ask.query, complaints: ask.query.includes("??") ? ["`??` is no term"] : [], page: page(all, ask.offset, ask.limit, total), facets: [facet("standing", "Standing", "standing"), facet("ai", "AI's part", "ai"), facet("repository", "Repository", "repository")] }];
  },
  change: (ask) => { const found = detail(ask.id); return found ? ["change", found] : ["failed", "This bundle holds no change of that id."]; },
  raw: (ask) => ["raw", { file: "github/pulls-2026-08.json", sha256: "41d7".repeat(16), format: "GitHub pull requests (gh pr view)", pointer: `/${ask.address.record}/reviews/2`, offset: 18234, length: 412, is_laid_out: false, is_cut: false,
    lines: ['{', '  "author": { "login": "leila-m" },', '  "state": "APPROVED",', '  "submittedAt": "2026-08-14T09:12:08Z",', '  "body": "looks good \u202e <b>x</b>",', '  "commit": { "oid": "88d02f1b" }', '}'].map((text, i) => ({ number: 412 + i, text, is_marked: i === 5 })) }],
  files: (ask) => {
    const all = Array.from({ length: 212 }, (_, i) => ({ path: `github/2026-${String(1 + (i % 12)).padStart(2, "0")}/pulls-${i}.json`, bytes: i * 90_411 + 12, sha256: (i + 4096).toString(16).padStart(4, "a").repeat(16), format: i % 9 === 8 ? "" : "github-pr", title: i % 9 === 8 ? "not recognised" : "GitHub pull requests (gh pr view)", reason: "an array whose elements have number, reviews and mergedAt", records: i % 9 === 8 ? [] : [["pull request", i + 1], ["review", 2 * i]], problems: i % 11 === 10 ? 2 : 0 })).filter((one) => JSON.stringify(one).includes(ask.filter));
    return ["files", page(all, ask.offset, ask.limit, 212)];
  },
  problems: (ask) => {
    const all = [["error", "cut-short", "the file ends in the middle of a record"], ["warning", "truncated", "a list of exactly 100 checks, which is the export's cap"], ["note", "duplicate", "the same pull request twice: acme/pay “#4812”"]].map(([severity, kind, found]) => ({ file: "github/2026-08/pulls-7.json", pointer: "/81/checks", severity, kind, found, expected: "a whole list", hint: "Export it again; everything before the cut was read." })).filter((one) => JSON.stringify(one).includes(ask.filter));
    return ["problems", page(all, ask.offset, ask.limit, 3)];
  },
  export: (ask) => ["export", { name: `lacuna.${ask.format}`, media: "text/plain", text: "the content\n" }],
};
const summary = { name: "acme-payments-2026-Q3.zip", sha256: "9f3c" + "0".repeat(56) + "e201", from: "2026-07-01", to: "2026-09-30", repositories: repos, changes: total, files: 212, statements: 184, holes: 6, problems: { errors: 1, warnings: 1, notes: 1 }, frameworks: frameworks.map((one) => [one.id, one.name]), engine: "0.1.0" };
const send = (id, generation, reply, value) => postMessage({ text: JSON.stringify({ id, generation, reply: value === undefined ? reply : { [reply]: value } }) });
onmessage = ({ data }) => {
  const { id, generation, request: said } = JSON.parse(data.text);
  // `"overview"` or `{"matrix": {…}}`.
  const [[ask, request]] = typeof said === "string" ? [[said, {}]] : Object.entries(said);
  if (ask === "open") {
    if (request.name.includes("crash")) throw new Error("the engine met its end in engine.rs");
    const slow = request.name.includes("slow");
    let at = 0;
    const tick = () => {
      at += 1;
      if (at > (slow ? 400 : 3)) return send(id, generation, "opened", summary);
      send(id, generation, "progress", { phase: "reading", file: "github/2026-08/pulls-7.json", files_done: at, files_known: 212, bytes_done: at * 240_000, bytes_known: 98_000_000, records: at * 311, assessed: 0, changes: 0 });
      setTimeout(tick, 60);
    };
    return tick();
  }
  const [reply, value] = answers[ask](request);
  send(id, generation, reply, value);
};
