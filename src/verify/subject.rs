//! What a statement is about, and whether that is what the caller asked for.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

use super::demand::Artifact;

/// How many digests of one statement are looked at.
const MOST: usize = 10_000;

#[derive(Deserialize)]
struct Statement<'a> {
    #[serde(borrow, default)]
    subject: Vec<Subject<'a>>,
}

#[derive(Deserialize)]
struct Subject<'a> {
    #[serde(borrow, default)]
    digest: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
}

/// Returns the digests that a payload states as its subjects.
///
/// # Errors
/// A payload that is no in-toto statement, or one about nothing, in words.
pub fn of_statement(payload_type: &str, payload: &[u8]) -> Result<Vec<(String, String)>, String> {
    if !payload_type.starts_with("application/vnd.in-toto") {
        let quoted = crate::problem::quote(payload_type);
        return Err(format!("a payload of type {quoted} names no subject that is understood"));
    }
    let statement: Statement<'_> =
        serde_json::from_slice(payload).map_err(|error| format!("the statement cannot be read: {error}"))?;
    let digests: Vec<_> = statement
        .subject
        .into_iter()
        .flat_map(|subject| subject.digest)
        .take(MOST)
        .map(|(algorithm, hex)| (algorithm.into_owned(), hex.to_ascii_lowercase()))
        .collect();
    if digests.is_empty() { Err("the statement is about nothing".to_owned()) } else { Ok(digests) }
}

/// Returns which subjects the artifacts are.
///
/// # Errors
/// The first artifact that is none of the subjects, in words.
pub fn names_all(subjects: &[(String, String)], artifacts: &[Artifact]) -> Result<String, String> {
    for artifact in artifacts {
        if !subjects.iter().any(|(algorithm, hex)| artifact.has(algorithm, hex)) {
            let first =
                subjects.first().map_or_else(String::new, |(algorithm, hex)| format!("{algorithm}:{hex}"));
            return Err(format!(
                "{} is none of its {} subjects, the first of which is {first}",
                artifact.name,
                subjects.len()
            ));
        }
    }
    Ok(format!("it is about {}", super::bundle::names(artifacts)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_about_nothing_or_of_another_type_binds_nothing() {
        assert!(of_statement("application/vnd.in-toto+json", b"{\"subject\": []}").is_err());
        assert!(of_statement("text/plain", b"{\"subject\": [{\"digest\": {\"sha256\": \"aa\"}}]}").is_err());
        assert!(of_statement("application/vnd.in-toto+json", b"not json").is_err());
    }

    #[test]
    fn every_artifact_must_be_a_subject() {
        let digest = "a".repeat(64);
        let payload =
            format!("{{\"subject\": [{{\"name\": \"x\", \"digest\": {{\"sha256\": \"{digest}\"}}}}]}}");
        let subjects = of_statement("application/vnd.in-toto+json", payload.as_bytes()).expect("subjects");
        let own = Artifact::of_digest(&format!("sha256:{digest}")).expect("a digest");
        let other = Artifact::of_digest(&format!("sha256:{}", "b".repeat(64))).expect("a digest");
        assert!(names_all(&subjects, std::slice::from_ref(&own)).is_ok());
        assert!(names_all(&subjects, &[own, other]).is_err());
    }
}
