//! Joining and splitting persons in a policy's text: one `[[person]]` says it, and everything else is left as it is.

use super::{edit, tables};
use crate::protocol::{PersonEdit, PolicyEdit};

/// Returns the text with accounts joined to one person, or kept apart from one.
///
/// The tables that name any of the accounts become one. What is joined is no longer kept apart, and the other way round.
///
/// # Errors
/// A sentence that states why the text cannot be changed here.
pub fn person(text: &str, wanted: &PersonEdit) -> Result<String, String> {
    if wanted.accounts.is_empty() {
        return Err("a person needs an account".to_owned());
    }
    let rows: Vec<[Vec<String>; 2]> = tables(text)
        .into_iter()
        .find(|table| table.name == "person")
        .map(|table| table.items)
        .unwrap_or_default()
        .into_iter()
        .map(|fields| {
            ["accounts", "apart"].map(|key| {
                let value = fields.iter().find(|field| field.key == key).map(|field| field.value.as_str());
                value.unwrap_or_default().lines().map(|line| line.trim().to_owned()).collect()
            })
        })
        .collect();
    let is_about = |row: &[Vec<String>; 2]| wanted.accounts.iter().any(|account| has(&row[0], account));
    let about: Vec<usize> = (0..rows.len()).filter(|&at| is_about(&rows[at])).collect();
    let (mut accounts, mut apart) = (wanted.accounts.clone(), wanted.apart.clone());
    for [own, others] in about.iter().map(|&at| &rows[at]) {
        add(&mut accounts, own, &wanted.apart);
        add(&mut apart, others, &wanted.accounts);
    }
    let mut text = text.to_owned();
    // From the end, so that positions before it stay.
    for &index in about.iter().skip(1).rev() {
        text = edit(&text, &PolicyEdit::Remove { table: "person".into(), index: narrow(index) })?;
    }
    let index = match about.first() {
        Some(&index) => index,
        None => {
            text = edit(&text, &PolicyEdit::Add { table: "person".into() })?;
            rows.len()
        }
    };
    // Each key goes below the head of the table, so the last one set comes first.
    for (key, value) in
        [("apart", apart.join("\n")), ("accounts", accounts.join("\n")), ("name", wanted.name.clone())]
    {
        let (table, key, index) = ("person".into(), key.to_owned(), narrow(index));
        text = edit(&text, &PolicyEdit::Set { table, index, key, value })?;
    }
    Ok(text)
}

fn narrow(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

fn has(list: &[String], account: &str) -> bool {
    let plain = |text: &str| text.trim_start_matches('@').to_lowercase();
    list.iter().any(|known| plain(known) == plain(account))
}

/// Adds what is not there yet and not left out.
fn add(to: &mut Vec<String>, from: &[String], left_out: &[String]) {
    for account in from {
        if !has(to, account) && !has(left_out, account) {
            to.push(account.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;
    use crate::policy::PersonRule;

    fn wanted(name: &str, accounts: &[&str], apart: &[&str]) -> PersonEdit {
        let own = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        PersonEdit { name: name.into(), accounts: own(accounts), apart: own(apart) }
    }

    fn rules(text: &str) -> Vec<PersonRule> {
        let (policy, problems) = parse(text, "x");
        assert_eq!(problems, [], "{text}");
        policy.persons.into_iter().map(|rule| PersonRule { line: 0, ..rule }).collect()
    }

    fn rule(name: &str, accounts: &[&str], apart: &[&str]) -> PersonRule {
        let PersonEdit { name, accounts, apart } = wanted(name, accounts, apart);
        PersonRule { name, accounts, apart, line: 0 }
    }

    #[test]
    fn a_join_is_one_table_and_comments_stay() {
        let text = person(
            "# ours\n[period]\nfrom = 2026-01-01 # start\n",
            &wanted("Ana \"P\"", &["ana", "a@x"], &[]),
        )
        .unwrap();
        assert!(text.starts_with("# ours\n[period]\nfrom = 2026-01-01 # start\n"), "{text}");
        assert_eq!(rules(&text), [rule("Ana \"P\"", &["ana", "a@x"], &[])]);
    }

    #[test]
    fn a_split_changes_the_table_of_the_person() {
        let joined = person("", &wanted("Ana", &["ana", "a@x", "a@y"], &[])).unwrap();
        let split = person(&joined, &wanted("Ana", &["ana", "a@x"], &["A@Y"])).unwrap();
        assert_eq!(rules(&split), [rule("Ana", &["ana", "a@x"], &["A@Y"])]);
        let again = person(&split, &wanted("Ana", &["ana", "a@y"], &[])).unwrap();
        assert_eq!(rules(&again), [rule("Ana", &["ana", "a@y", "a@x"], &[])]);
    }

    #[test]
    fn joining_two_tables_leaves_one() {
        let one = person("", &wanted("Ana", &["ana"], &["otto"])).unwrap();
        let two = person(&one, &wanted("Ben", &["ben"], &[])).unwrap();
        let three = person(&two, &wanted("Cem", &["cem"], &[])).unwrap();
        let joined = person(&three, &wanted("Ana", &["ana", "ben"], &[])).unwrap();
        assert_eq!(rules(&joined), [rule("Ana", &["ana", "ben"], &["otto"]), rule("Cem", &["cem"], &[])]);
    }

    #[test]
    fn a_text_that_is_no_toml_is_left_alone() {
        assert!(person("[person", &wanted("Ana", &["ana"], &[])).is_err());
        assert!(person("", &wanted("Ana", &[], &[])).is_err());
    }
}
